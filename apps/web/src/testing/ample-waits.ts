import { configure } from "@testing-library/react";

configure({ asyncUtilTimeout: 60_000 }); // runs out only where a test fails, also where every core is busy

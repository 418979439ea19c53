import { expect, test } from "vitest";
import { EarlyStopping } from "./early-stopping.js";

test("only a strictly lower loss is an improvement", () => {
  const early = new EarlyStopping(2);
  expect([early.observe(2, 1), early.observe(2, 2), early.observe(1.9, 3)]).toEqual([true, false, true]);
  expect([early.best, early.bestStep, early.exhausted]).toEqual([1.9, 3, false]);
});

test("patience counts validations in a row without improvement", () => {
  const early = new EarlyStopping(2);
  const exhausted = [3, 4, 2, 3, 3].map((loss, i) => {
    early.observe(loss, i);
    return early.exhausted;
  });
  expect(exhausted).toEqual([false, false, false, false, true]);
});

test("its state goes on in another, what the best told with it", () => {
  const first = new EarlyStopping(2);
  first.observe(1, 10, { margin: 3 });
  first.observe(2, 20, { margin: 1 });
  const second = new EarlyStopping(2);
  second.load(first.state());
  second.observe(2, 30);
  expect([second.best, second.bestStep, second.exhausted, second.figures]).toEqual([1, 10, true, { margin: 3 }]);
});

test("renewed, it waits as long again for better than the best so far", () => {
  const early = new EarlyStopping(1);
  early.observe(1, 10);
  early.observe(2, 20);
  expect(early.exhausted).toBe(true);
  early.renew();
  expect([early.exhausted, early.best, early.bestStep, early.observe(1.5, 30), early.exhausted]).toEqual([
    false,
    1,
    10,
    false,
    true,
  ]);
});

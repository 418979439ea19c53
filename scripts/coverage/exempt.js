/**
 * Branches that no test need take, each with the reason: what the types ask for and cannot be, what another system alone
 * does. A test that would do nothing but reach one is not worth its lines.
 * @type {import("./missed.js").Exemption[]}
 */
export const EXEMPT = [];

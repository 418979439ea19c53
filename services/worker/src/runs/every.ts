/** Does something now and again and again, never twice at a time; what fails is tried the next time. */
export function every(ms: number, body: () => Promise<unknown>): Disposable {
  let busy = false;
  const turn = () => {
    if (busy) return;
    busy = true;
    body()
      .catch(() => {})
      .finally(() => (busy = false));
  };
  turn();
  const timer = setInterval(turn, ms);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

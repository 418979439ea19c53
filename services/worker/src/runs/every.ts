/** Does something now and again and again, never twice at a time; what fails is tried the next time. */
export function every(ms: number, body: () => Promise<unknown>): Disposable {
  let busy = false;
  const turn = async () => {
    if (busy) return;
    busy = true;
    await body().catch(() => {});
    busy = false;
  };
  void turn();
  const timer = setInterval(() => void turn(), ms);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

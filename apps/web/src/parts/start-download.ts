/** Has the browser fetch a file of this service and keep it; the page stays. */
export function startDownload(path: string): void {
  const link = document.createElement("a");
  link.href = path;
  link.download = ""; // named by the service
  link.click();
}

/** A moment in local time, as short as is clear: 11-28 09:05 of this year, else 2025-11-28; - if unknown. */
export function formatMoment(when: Date | null, now = new Date()): string {
  if (when === null || Number.isNaN(when.getTime())) return "-";
  const day = `${pad(when.getMonth() + 1)}-${pad(when.getDate())}`;
  if (when.getFullYear() !== now.getFullYear()) return `${when.getFullYear()}-${day}`;
  return `${day} ${pad(when.getHours())}:${pad(when.getMinutes())}`;
}

const pad = (value: number) => String(value).padStart(2, "0");

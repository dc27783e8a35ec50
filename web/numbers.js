// Numbers as the page shows them. Pure.

// "0.0421" → "$0.0421", "1.25" → "$1.25", "1234.5" → "$1,234.50".
export function inDollars(amount) {
  const value = Number(amount);
  const size = Math.abs(value);
  const digits = size > 0 && size < 1 ? 4 : 2;
  if (size > 0 && size < 0.0001) return "<$0.0001";
  const text = size.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return `${value < 0 ? "-" : ""}$${text}`;
}

// Null where there is nothing to compare with.
export function percentOf(part, whole) {
  const all = Number(whole);
  return all > 0 ? (100 * Number(part)) / all : null;
}

// Seconds since 1970 → "2026-11-20" (UTC).
export function dayOf(seconds) {
  return new Date(seconds * 1000).toISOString().slice(0, 10);
}

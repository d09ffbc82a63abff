/* Round numbers for the tops of graphs. */

/** The next round number above: 1, 2, 5, 10, 20 … */
export function ceiling(value: number): number {
  if (value <= 4) return Math.max(1, Math.ceil(value));
  const power = 10 ** Math.floor(Math.log10(value));
  return (([1, 2, 4, 5, 10].find((one) => one * power >= value) ?? 10) * power) as number;
}

/** The next round size above: 1, 2, 5, 10 … of KB, MB, GB. */
export function roundSize(octets: number): number {
  let unit = 1;
  while (octets / unit >= 1000) unit *= 1024;
  return ceiling(octets / unit) * unit;
}

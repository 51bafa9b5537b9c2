// Bytes as they are, sixteen in a row: where, in hexadecimal digits, and as letters where they are any.

const ROW = 16;

interface Props {
  /** Two digits for each byte. */
  hex: string;
  /** Where the first one is. */
  from: number;
  label: string;
}

export function Bytes({ hex, from, label }: Props) {
  return (
    <pre class="bytes" tabIndex={0} role="group" aria-label={label}>
      {rows(hex, from).join("\n")}
    </pre>
  );
}

function rows(hex: string, from: number): string[] {
  const bytes = hex.match(/../g) ?? [];
  const count = Math.ceil(bytes.length / ROW);
  return Array.from({ length: count }, (_, index) => {
    const row = bytes.slice(index * ROW, (index + 1) * ROW);
    const place = (from + index * ROW).toString(16).padStart(8, "0");
    return `${place}  ${row.join(" ").padEnd(ROW * 3 - 1)}  ${row.map(letter).join("")}`;
  });
}

function letter(byte: string): string {
  const code = Number.parseInt(byte, 16);
  return code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : "·";
}

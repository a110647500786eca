/** A column of a file: its name, and its value for a row. */
export type CsvColumn<Row> = [name: string, value: (row: Row) => string | number];

/** What tells Excel that a text is UTF-8. */
const MARK = '\uFEFF';

/** Rows as CSV (RFC 4180), a line for each below the names of the columns. */
export const toCsv = <Row>(columns: ReadonlyArray<CsvColumn<Row>>, rows: readonly Row[]): string =>
  MARK +
  [columns.map(([name]) => name), ...rows.map((row) => columns.map(([, value]) => value(row)))]
    .map((line) => line.map(cell).join(',') + '\r\n')
    .join('');

/** A field, so that no spreadsheet takes it for a formula. */
function cell(value: string | number): string {
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /^\s|[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Rows of cells as lines, each column as wide as its widest cell. Cells of the columns in `right` stand at the right. */
export function formatTable(rows: readonly (readonly string[])[], right: ReadonlySet<number> = new Set()): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => rows.reduce((widest, row) => Math.max(widest, row[column]!.length), 0))
  const pad = (cell: string, column: number) => (right.has(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!))
  return rows.map((row) => row.map(pad).join('  ').trimEnd())
}

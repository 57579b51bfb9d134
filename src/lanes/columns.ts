/** A column of numbers twice as long, with what it held. */
export function doubled<Column extends Int32Array | Float64Array | Uint8Array>(column: Column): Column {
  const Kind = column.constructor as new (length: number) => Column;
  const longer = new Kind(column.length * 2);
  longer.set(column);
  return longer;
}

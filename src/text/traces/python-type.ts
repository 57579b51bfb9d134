/** A class as its author knows it: "Order.DoesNotExist" of the module "shop.models". */
export interface PythonType {
  readonly module: string | undefined;
  readonly name: string;
}

/** A function that has a class within it stands before this. */
const LOCALS = "<locals>";
const CLASS = /^_*\p{Lu}\P{Lu}*\p{Ll}/u;

/**
 * Splits what Python prints of a class, "shop.models.Order.DoesNotExist", where its module ends. Packages that follow
 * the custom have no capitals, so behind them the first part with one is the outermost class. A package that has
 * capitals itself may have modules with them ("OpenSSL.SSL.Error"): there only the last part is taken for a class.
 */
export function pythonType(printed: string): PythonType {
  const parts = printed.split(".");
  const locals = parts.indexOf(LOCALS);
  let first = (locals < 0 ? parts.length : locals) - 1;
  if (!/^_*\p{Lu}/u.test(parts[0] ?? "")) while (first > 1 && CLASS.test(parts[first - 1] ?? "")) first -= 1;
  if (first <= 0) return { module: undefined, name: printed };
  return { module: parts.slice(0, first).join("."), name: parts.slice(first).join(".") };
}

import fc from "fast-check";

// Imported before every test file by `test/run.ts`. Each run by hand explores other cases; what decides whether a change
// lands must decide the same way twice, so under CI the cases are always the same. CRUMBTRAIL_SEED=N repeats or changes
// them anywhere.
const asked = process.env["CRUMBTRAIL_SEED"] ?? (process.env["CI"] === undefined ? undefined : "1");
if (asked !== undefined) fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(asked) });

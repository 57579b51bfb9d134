import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ended } from "../support/command.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

interface Lock {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean }>>;
}

/**
 * What a release is made of, as CycloneDX. npm gets to see a project without development: its `--omit dev` also leaves out
 * packages that both sides use (https://github.com/npm/cli/issues/7909), such as zod.
 */
export async function billOfMaterials(): Promise<string> {
  const { devDependencies: _tools, ...manifest } = read("package.json") as Record<string, unknown>;
  const lock = read("package-lock.json") as Lock;
  const shipped = Object.entries(lock.packages).filter(([, { dev }]) => dev !== true);
  const packages = { ...Object.fromEntries(shipped), "": manifest };
  const folder = mkdtempSync(join(tmpdir(), "crumbtrail-sbom-"));
  try {
    writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
    writeFileSync(join(folder, "package-lock.json"), JSON.stringify({ ...lock, packages }));
    const npm = ["npm", "sbom", "--package-lock-only", "--sbom-format", "cyclonedx"];
    const path = `${dirname(process.execPath)}:${process.env["PATH"] ?? ""}`;
    const { code, stdout, stderr } = await ended("/bin/sh", ["-c", `cd "$0" && ${npm.join(" ")}`, folder], {
      HOME: folder,
      PATH: path,
    });
    if (code !== 0) throw new Error(`npm sbom ended with ${code}: ${stderr}`);
    return stdout;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function read(name: string): unknown {
  return JSON.parse(readFileSync(join(ROOT, name), "utf8"));
}

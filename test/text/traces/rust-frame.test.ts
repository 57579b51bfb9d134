import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { rustFrame } from "../../../src/text/traces/rust-frame.ts";

describe("rustFrame", () => {
  it("tells the application by the name alone, as release builds print it", () => {
    const names: readonly (readonly [string, boolean])[] = [
      ["shop::stock::Stock::reserve", true],
      ["<shop::stock::Percent as shop::stock::Rule>::apply", true],
      ["<T as shop::stock::Rule>::apply", true],
      ["tokio::runtime::park::CachedParkThread::block_on", false],
      ["tokio_shop::run", true],
      ["<E as anyhow::context::ext::StdError>::ext_context", false],
      ["<core::iter::adapters::map::Map<I,F> as core::iter::traits::iterator::Iterator>::fold", false],
      ["futures_util::future::future::FutureExt::poll_unpin", false],
      ["std[e28293b1aa0f68bd]::rt::lang_start_internal", false],
      ["main", false],
      ["_start", false],
    ];
    for (const [name, own] of names) assert.equal(rustFrame(name, undefined, 0, 0).in_app, own, name);
  });

  it("tells a library by its path, whatever its name", () => {
    const home = "/home/ci/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/serde_json-1.0.154/src/de.rs";

    assert.equal(rustFrame("serde_json::de::from_str", home, 2_706, 5).in_app, false);
    assert.equal(rustFrame("serde_json::de::from_str", "/srv/forks/serde_json/src/de.rs", 2_706, 5).in_app, true);
    assert.equal(rustFrame("main", "/srv/shop/src/plugin.rs", 18, 23).in_app, true);
  });

  it("names a file by the last part of its path", () => {
    for (const path of ["./src/bin/checkout.rs", "src\\bin\\checkout.rs", "checkout.rs"]) {
      const frame = rustFrame("checkout::main", path, 7, 20);
      assert.deepEqual([frame.filename, frame.abs_path], ["checkout.rs", path]);
    }
  });
});

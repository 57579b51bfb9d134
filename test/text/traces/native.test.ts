import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openJoin } from "../../../src/text/join.ts";
import { parseTrace } from "../../../src/text/trace.ts";
import { clojure } from "../../../src/text/traces/clojure.ts";
import { dotnet } from "../../../src/text/traces/dotnet.ts";
import { go } from "../../../src/text/traces/go.ts";
import { java } from "../../../src/text/traces/java.ts";
import { isNativeApp, nativeName } from "../../../src/text/traces/native-name.ts";
import { isStop, readNativeFrame } from "../../../src/text/traces/native-frame.ts";
import { native } from "../../../src/text/traces/native.ts";
import { sanitizer } from "../../../src/text/traces/sanitizer.ts";
import { swift } from "../../../src/text/traces/swift.ts";
import { valgrind } from "../../../src/text/traces/valgrind.ts";
import { withstand } from "./hostile.ts";

describe("nativeName", () => {
  it("leaves the arguments out, and keeps brackets that are part of a name", () => {
    const names: readonly (readonly [string, string | undefined])[] = [
      ["shop::pay(std::string const&, int)", "shop::pay"],
      ["shop::Cart<int>::at(unsigned long) const", "shop::Cart<int>::at"],
      ["std::function<void (int)>::operator()(int) const", "std::function<void (int)>::operator()"],
      ["operator()", "operator()"],
      ["main", "main"],
      ["??", undefined],
      ["???", undefined],
      ["n/a", undefined],
      ["(unknown)", undefined],
    ];

    for (const [printed, name] of names) assert.equal(nativeName(printed), name, printed);
  });

  it("demangles a row of words, and leaves every other name as it is", () => {
    assert.equal(nativeName("_ZN4shop4Till4ringERKNSt7__cxx1112basic_stringIcEE"), "shop::Till::ring");
    assert.equal(nativeName("_ZNK4shop4Till4ringEv"), "shop::Till::ring");
    assert.equal(nativeName("_Z3payi"), "pay");
    for (const mangled of ["_ZN4shop5twiceINS_4TillEEEiT_", "_ZSt9terminatev", "_ZN4sho", "_ZN999shopE", "_Z", "_Z4swapIiEvT_"])
      assert.equal(nativeName(mangled), mangled);
  });
});

describe("isNativeApp", () => {
  it("knows the system by library, by file and by name", () => {
    assert.equal(isNativeApp("raise", undefined, undefined), false);
    assert.equal(isNativeApp("f", "../sysdeps/posix/raise.c", undefined), false);
    assert.equal(isNativeApp("f", "/usr/include/c++/12/bits/invoke.h", undefined), false);
    assert.equal(isNativeApp("f", undefined, "/lib/x86_64-linux-gnu/libc.so.6"), false);
    assert.equal(isNativeApp("f", undefined, "libc.so.6"), false);
    assert.equal(isNativeApp("stdlibrary", "src/stdlibs/a.c", "/srv/shop/bin/shop"), true);
    assert.equal(isNativeApp(undefined, undefined, "./shop"), true);
  });
});

describe("readNativeFrame", () => {
  it("is not taken in by other lines", () => {
    const others = [
      "#1 priority task due 12:30",
      "#0 /srv/x.php(3): f()",
      "#0 {main}",
      "#12 is (still) open",
      "1# of all",
      "2# things in stock",
      "value [0x12]",
      "@ noon",
      "",
      "#",
    ];

    for (const line of others) assert.equal(readNativeFrame(line), undefined, line);
  });

  it("keeps the address only of frames of which nothing else is known", () => {
    assert.deepEqual(readNativeFrame("./stock(+0x121e)[0x559e0b3c021e]"), {
      in_app: true,
      package: "./stock",
      instruction_addr: "0x559e0b3c021e",
    });
    assert.equal(readNativeFrame("./stock(main+0x67) [0x559e0b3c0568]")?.instruction_addr, undefined);
  });

  it("knows where a debugger stopped", () => {
    assert.equal(isStop("reserve (it=0x8, n=2) at stock.c:17"), true);
    assert.equal(isStop("we meet (again) at noon"), false);
    assert.equal(isStop("GET /x.html:80"), false);
  });
});

describe("the traces of C, C++ and Swift", () => {
  it("end where the next record begins", () => {
    const heads = [
      "terminate called after throwing an instance of 'shop::OutOfStock'",
      "==1==ERROR: AddressSanitizer: SEGV on unknown address 0x10 (pc 0x1 bp 0x1 sp 0x1 T0)",
      "==1== Invalid read of size 4",
      "Program received signal SIGSEGV, Segmentation fault.",
      "*** Program crashed: Bad pointer dereference at 0x0000000000000008 ***",
      '*** Aborted at 1795185531 (unix time) try "date -d @1795185531" if you are using GNU date ***',
    ];

    for (const head of heads) {
      for (const next of [
        "order 17 paid",
        "GET /x.html:80",
        "starting worker at port:8080",
        "==1== Memcheck, a memory error detector",
        "1. first",
      ])
        assert.equal(openJoin(head, false)?.offer(next), false, `${head} / ${next}`);
    }
  });

  it("let valgrind's other lines go", () => {
    for (const line of [
      "==1887== Memcheck, a memory error detector",
      "==1887== HEAP SUMMARY:",
      "==1887== ERROR SUMMARY: 2 errors from 2 contexts (suppressed: 0 from 0)",
      "==1887== ",
    ])
      assert.equal(openJoin(line, false), undefined, line);
  });

  it("take the current thread of a core file", () => {
    const text = [
      "Program terminated with signal SIGSEGV, Segmentation fault.",
      "[Current thread is 2 (Thread 0x7f0 (LWP 2))]",
      "Thread 1 (Thread 0x7f1 (LWP 1)):",
      "#0  wait (n=1) at a.c:1",
      "#1  main () at a.c:2",
      "Thread 2 (Thread 0x7f0 (LWP 2)):",
      "#0  crash (p=0x0) at b.c:3",
      "#1  work () at b.c:4",
    ].join("\n");

    assert.deepEqual(
      parseTrace(text)?.trace.values[0]?.frames.map((frame) => frame.function),
      ["work", "crash"],
    );
  });

  it("find nothing where there is no crash", () => {
    for (const text of [
      "1# first\n2# second",
      "see #1 and\n#0 done in 3 (days)",
      "the summary:\nSUMMARY: AddressSanitizer: none",
      "x.c:1: runtime error: see below\nno stack",
      "Current stack trace:\nnone",
    ])
      assert.equal(parseTrace(text), undefined, text);
  });
});

describe("the dialects of compiled languages", () => {
  it("get through hostile megabytes", () => {
    const seeds = [
      "\n", " ", "(", ") at ", " from ", " & &", "a:1", "#0 ", "[a", "\n0# f at x:1", "\n#0  0x1 in f () at x.c:1", "[0x1]", "==1== ", "\n==1==    at 0x1: f (x.c:1)",
      "\n0 0x0000000000000001 f in g at h:1:1", "\nThread 1 crashed:", "\n[a b c 1]", "\n:message ", "+0x", "@ 0x1 ", " + 1", " at 0x1", "_ZN1a", "\nmain.f", "\n...1 frames elided...",
    ]; // prettier-ignore
    const heads = [
      "#0 0x1 in ",
      "x.c:1: runtime error: y\n",
      "==1==ERROR: AddressSanitizer: x\n",
      "*** Program crashed: x at 0x1 ***\n0 ",
      "#error {\n",
      "goroutine 1 [running]:\nmain.f()\n\t/x.go:1\n",
    ];
    for (const dialect of [native, sanitizer, swift, valgrind, clojure, java, dotnet, go]) withstand(dialect, seeds, heads);
  });
});

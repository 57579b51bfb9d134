import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { mistakes } from "./support.ts";

describe("crossChecks", () => {
  it("finds a port claimed twice, where it is written", () => {
    const text = `inputs:
  a: { type: gelf_tcp, listen: "0.0.0.0:5000" }
  b: { type: gelf_udp, listen: "0.0.0.0:5000" }
  c: { type: grpc, listen: "127.0.0.1:5000" }
`;
    assert.deepEqual(mistakes(text), [
      "relay.yml:4:28 inputs.c.listen: port 5000/tcp is taken by inputs.a (line 2) already (give one of them another)",
    ]);
  });

  it("finds ports that are taken by default", () => {
    assert.deepEqual(mistakes("inputs:\n  a: { type: grpc }\n  b: { type: grpc }\n"), [
      "relay.yml:3:3 inputs.b: port 4317/tcp is taken by inputs.a (line 2) already (give one of them another)",
    ]);
  });

  it("finds an input on the port of the admin endpoint", () => {
    assert.deepEqual(mistakes('admin: { listen: "[::]:9000" }\ninputs: { a: { type: grpc, listen: "127.0.0.1:9000" } }\n'), [
      "relay.yml:2:36 inputs.a.listen: port 9000/tcp is taken by admin (line 1) already (give one of them another)",
    ]);
    assert.deepEqual(mistakes('inputs: { a: { type: grpc, listen: "127.0.0.1:8686" } }\nlanes: x\n'), [
      "relay.yml:1:36 inputs.a.listen: port 8686/tcp is taken by admin (line 1) already (give one of them another)",
      'relay.yml:2:8 lanes: expected a number, got text "x"',
    ]);
  });

  it("lets any number of inputs take any free port", () => {
    assert.deepEqual(
      mistakes('inputs: { a: { type: grpc, listen: "127.0.0.1:0" }, b: { type: grpc, listen: "127.0.0.1:0" } }\n'),
      [],
    );
  });

  it("finds things other than ports claimed twice", () => {
    assert.deepEqual(mistakes("inputs:\n  a: { type: stdin }\n  b: { type: stdin }\n"), [
      "relay.yml:3:3 inputs.b: stdin is taken by inputs.a (line 2) already (give one of them another)",
    ]);
  });

  it("finds routes to an upstream that is not there", () => {
    const text = `upstreams: { default: { type: console }, payments: { type: console } }
processors:
  - type: route
    rules:
      - { match: { upstream: elsewhere }, upstream: paiments }
      - { match: {}, upstream: [payments, orders] }
`;
    assert.deepEqual(mistakes(text), [
      'relay.yml:5:53 processors[0].rules[0].upstream: there is no upstream named "paiments" (did you mean "payments"?)',
      'relay.yml:6:43 processors[0].rules[1].upstream[1]: there is no upstream named "orders" (known: default, payments)',
    ]);
  });

  it("wants one upstream that takes what no route claims", () => {
    assert.deepEqual(mistakes("upstreams: { a: { type: console } }\n"), []);
    assert.deepEqual(mistakes("upstreams: { a: { type: console }, default: { type: console } }\n"), []);
    assert.deepEqual(mistakes("lanes: 1\nupstreams: { a: { type: console }, b: { type: console } }\n"), [
      'relay.yml:2:1 upstreams: no upstream takes what no route claims (name one of them "default")',
    ]);
    assert.deepEqual(mistakes("upstreams: {}\n"), [
      "relay.yml:1:1 upstreams: there is no upstream (add one, or remove the line to get the built-in one)",
    ]);
  });
});

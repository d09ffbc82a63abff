/* Which path is which page. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { match } from "../src/router.ts";

test("paths are matched part by part", () => {
  assert.deepEqual(match("/", "/"), {});
  assert.deepEqual(match("/users/:address", "/users/tom%40example.org"), {
    address: "tom@example.org",
  });
  assert.deepEqual(match("/users/:address", "/users/a%2Fb"), { address: "a/b" });
  assert.equal(match("/users/:address", "/users"), null);
  assert.equal(match("/users/:address", "/users/a/b"), null);
  assert.equal(match("/users", "/queue"), null);
  assert.equal(match("/users/:address", "/users/%E0%A4%A"), null);
});

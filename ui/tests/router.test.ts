/* Which path is which page. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { match } from "../src/router.ts";

test("paths are matched part by part", () => {
  assert.deepEqual(match("/", "/"), {});
  assert.deepEqual(match("/admin/users/:address", "/admin/users/tom%40example.org"), {
    address: "tom@example.org",
  });
  assert.deepEqual(match("/admin/users/:address", "/admin/users/a%2Fb"), { address: "a/b" });
  assert.equal(match("/admin/users/:address", "/admin/users"), null);
  assert.equal(match("/admin/users/:address", "/admin/users/a/b"), null);
  assert.equal(match("/admin/users", "/admin/queue"), null);
  assert.equal(match("/admin/users/:address", "/admin/users/%E0%A4%A"), null);
});

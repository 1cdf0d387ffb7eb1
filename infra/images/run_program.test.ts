import { expect, test } from "vitest";
import { runProgram } from "./run_program.ts";

test("runProgram returns what the program printed", async () => {
  expect(await runProgram("sh", ["-c", "echo one; echo two >&2"])).toBe("one\n");
});

test("runProgram gives the program only the environment it is told", async () => {
  const output = await runProgram("sh", ["-c", "echo $GREETING $HOME"], {
    PATH: "/usr/bin:/bin",
    GREETING: "hello",
  });
  expect(output).toBe("hello\n");
});

test("runProgram throws with the exit code and the last thirty lines", async () => {
  const failing = runProgram("sh", ["-c", "seq 100; echo broken >&2; exit 3"]);
  await expect(failing).rejects.toThrow(/^sh failed with exit code 3:\n(.*\n)*broken$/);
  await expect(failing).rejects.not.toThrow(/^50$/m);
});

test("runProgram rejects for a program that does not exist", async () => {
  await expect(runProgram("/nonexistent/program", [])).rejects.toThrow();
});

// Compiles standard JSON from stdin with solc-js; imports come from the sources given, nothing else.
const solc = require(require.resolve("solc", { paths: [process.cwd()] }));
const chunks = [];
process.stdin.on("data", (chunk) => chunks.push(chunk));
process.stdin.on("end", () => {
  process.stdout.write(solc.compile(Buffer.concat(chunks).toString("utf8")));
});

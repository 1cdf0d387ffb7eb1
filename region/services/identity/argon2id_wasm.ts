/** One of the package's two modules, by the file's name, brought to life. */
export async function instantiateArgon2id(
  file: "simd.wasm" | "no-simd.wasm",
  imports: WebAssembly.Imports,
): Promise<WebAssembly.WebAssemblyInstantiatedSource> {
  // Workers may not compile machine code: their bundle has this file replaced by one that imports it.
  const url = new URL(`../../../node_modules/argon2id/dist/${file}`, import.meta.url);
  return await WebAssembly.instantiate(await (await fetch(url)).arrayBuffer(), imports);
}

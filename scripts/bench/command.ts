/** How Node is started for what is measured: by the loader of another C library, if `BENCH_LOADER` has its command. */
const loader = (process.env["BENCH_LOADER"] ?? "").split(" ").filter((part) => part !== "")

/** To Node's own flags comes in front what the loader has to be told. */
export const [executable = process.execPath, ...before] = [...loader, process.execPath]

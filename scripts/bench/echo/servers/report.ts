/** Tells the runner the port, and then its CPU time whenever it asks. */
export const report = (port: number): void => {
  process.send?.({ port })
  process.on("message", () => process.send?.({ cpu: process.cpuUsage(), memory: process.memoryUsage().rss }))
  process.on("disconnect", () => process.exit(0))
}

/**
 * Tests without ports: connections and servers in memory, under a `TestClock`, with faults to inject.
 *
 * @since 0.1.0
 */
export * as TestLink from "./TestLink.ts"
export * as TestNetwork from "./TestNetwork.ts"

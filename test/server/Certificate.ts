/**
 * A certificate for `localhost` that nobody trusts, unless told to. It was made with
 *
 *     openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -days 36500 -keyout localhost.key \
 *       -out localhost.crt -subj /CN=localhost -addext "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1"
 */
import { readFileSync } from "node:fs"

const read = (name: string): string => readFileSync(new URL(`fixture/${name}`, import.meta.url), "utf8")

/** What a server needs. */
export const identity = { key: read("localhost.key"), cert: read("localhost.crt") }

/** What a client needs to trust it. */
export const trust = { ca: identity.cert }

import * as Suite from "./Suite.ts"

Suite.generated("framesToServer", 100)
Suite.generated("framesToClient", 100)
Suite.generated("requests", 100)
Suite.generated("answers", 100)
Suite.generated("agreements", 60)
Suite.generated("streams", 80)

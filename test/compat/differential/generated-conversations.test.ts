import * as Suite from "./Suite.ts"

Suite.generated("talks", 100)
Suite.generated("endings", 100)
Suite.generated("beginnings", 50)
Suite.generated("listeners", 80)

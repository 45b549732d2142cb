/** The limits of the implementation under test: what the largest messages of the catalogue need, and no more. */
export const limits = { maxMessageSize: 16 * 1024 * 1024, maxFragments: 65_536 }

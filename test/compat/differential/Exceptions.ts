/** Where compat is allowed to differ from ws, and why. */
import type { Script } from "./Script.ts"

export interface Exception {
  /** Why it is better, or cannot be otherwise. */
  readonly why: string
  /** The scripts that it is about. */
  readonly applies: (script: Script) => boolean
  /** What is not compared, in each line of both records: `/, buffers \d+/`. A line of which nothing is left does not count. */
  readonly ignores?: RegExp
  /** From the step on in which either record has such a line, nothing is compared. */
  readonly from?: RegExp
}

const named = (...names: ReadonlyArray<string>) => ({ name }: Script): boolean => names.includes(name)

const mentions = (pattern: RegExp) => ({ steps }: Script): boolean => pattern.test(JSON.stringify(steps))

const both = (...tests: ReadonlyArray<(script: Script) => boolean>) => (script: Script): boolean =>
  tests.every((test) => test(script))

/** Frames and messages at random. */
const isGenerated = named(
  "two talk",
  "two talk and end it",
  "listeners come and go",
  "a raw peer against a server",
  "a raw peer against a client"
)

/** The same, or streams. */
const isTalk = (script: Script): boolean => isGenerated(script) || script.name === "a stream"

/** No line of the script is compared. */
export const everything = /.*/

export const exceptions: ReadonlyArray<Exception> = [
  {
    why: "small messages are compressed within the call: nothing waits, and nothing is lost when the socket dies",
    applies: mentions(/perMessageDeflate/),
    ignores: /, buffers \d+/
  },
  {
    why: "the same: ws gives up what it compresses, or calls back later",
    applies: named(
      "terminate drops compressed messages",
      "a reset while it compresses",
      "the socket ends while it compresses",
      "bufferedAmount while it compresses",
      "a terminate while it inflates",
      "masks are made by hand"
    ),
    ignores: everything
  },
  {
    why: "the same, where bufferedAmount is asked for",
    applies: both(isGenerated, mentions(/perMessageDeflate|"fin":false/), mentions(/"bufferedAmount"/)),
    ignores: /(?<=^ *\w+ = )\d+/
  },
  {
    why: "the same: masks are made when messages are compressed, and that is within the call",
    applies: both(isTalk, mentions(/perMessageDeflate/), mentions(/generateMask/)),
    ignores: /^ *client : generateMask .*$/
  },
  {
    why: "the same: ws gives up what it compresses when the socket goes",
    applies: both(isGenerated, mentions(/perMessageDeflate/), mentions(/"terminate"|"socket"/)),
    from: /terminate\(|socket\(/
  },
  {
    why:
      "messages of one turn leave in one write, where ws counts those of the turn: over TLS, and what Node 26 gives for a socket if there is a body",
    applies: named("a TLS connection", "a request with a body"),
    ignores: /, buffers \d+/
  },
  {
    why: "a listener that throws does not stop the connection: ws neither reads on nor closes any more",
    applies: named(
      "a listener of message throws",
      "onmessage throws",
      "a stream: a listener of data throws",
      "null for a listener",
      "undefined for a listener",
      "a string for a listener",
      "an object without handleEvent for a listener",
      "a server's listener throws",
      "a listener throws among frames that come octet by octet",
      "a listener throws at a compressed message"
    ),
    ignores: everything
  },
  {
    why: "the same, with one exception in both",
    applies: named(
      "a listener of ping throws",
      "a listener of pong throws",
      "an exception in a listener does not keep a close away"
    ),
    ignores: /^(?!.*uncaughtException).*$/
  },
  {
    why: "after pause() nothing is emitted, also of what was read already, and so a stream that is full gets no more",
    applies: named(
      "pauses in the message event",
      "a stream: it is full when the peer closes",
      "a stream: it is full and objects"
    ),
    ignores: everything
  },
  {
    why: "the same, where a generated listener pauses",
    applies: both(isGenerated, mentions(/"steps":\[\["\w+",\["pause"\]/)),
    from: /^ {4,}\w+\.pause\(\)/
  },
  {
    why: "the same: what was held back is told when the connection is gone",
    applies: named("a stream: it is full and destroyed"),
    ignores: /^.*Buffer "g".*$/
  },
  {
    why: "among fragments: whoever ends the socket by hand finds what was sent written, and callbacks in another turn",
    applies: both(isGenerated, mentions(/"fin":false/), mentions(/"socket"/)),
    from: /socket\(/
  },
  {
    why: "among fragments: what waits behind a Blob is counted until it is written, not until its callback",
    applies: both(isGenerated, mentions(/"fin":false/), mentions(/"is":"Blob"/)),
    ignores: /, buffers \d+/
  },
  {
    why: "text is checked as it comes, and not with its last fragment: it fails before a ping, or another mistake",
    applies: both(isGenerated, mentions(/"fin":false/)),
    from: /WS_ERR_INVALID_UTF8/
  },
  {
    why: "a compressed message that was cut short is not delivered (RFC 7692 §7.2.2)",
    applies: both(named("a raw peer against a server", "a raw peer against a client"), mentions(/"rsv":[4-7]/)),
    from: /Z_DATA_ERROR/
  },
  {
    why: "a stream that is full holds back also the pings behind what filled it",
    applies: both(({ name }) => name === "a stream", mentions(/HighWaterMark|"pause"/)),
    ignores: everything
  },
  {
    why: "a stream that may not be half open finishes when the connection is gone; in ws it waits for ever",
    applies: both(({ name }) => name === "a stream", mentions(/"allowHalfOpen":false/)),
    ignores: /^ *\w+Stream on (finish|close)$/
  },
  {
    why:
      "callbacks come after the microtasks of their turn, and so after the error of a stream that is written to when over",
    applies: named("a stream"),
    from: /ERR_STREAM_WRITE_AFTER_END/
  },
  {
    why: "a client that is closed before it is open can be paused; ws has no socket then, and throws",
    applies: named("a client acts while it is connecting"),
    from: /Cannot read properties of null/
  },
  {
    why: "a socket that a program ends by hand in the middle of a stream fails at the end of the turn",
    applies: both(({ name }) => name === "a stream", mentions(/\["socket","/)),
    ignores: everything
  },
  {
    why: "a message that was cut short, or is followed by something, is not delivered (RFC 7692 §7.2.2)",
    applies: mentions(/2a49ad2801|000000ff/),
    ignores: everything
  },
  {
    why: "whoever ends or resets the socket by hand learns of the state when the socket is closed",
    applies: mentions(/\["socket","/),
    ignores: / \[(OPEN|CLOSING|CLOSED)[^\]]*\]$/
  },
  {
    why: "what was not written is told with the first callback",
    applies: named("terminates when the network takes no more"),
    ignores: /, buffers (\d+|much)/
  },
  {
    why: "zlib's own words for what is wrong with a message are not kept",
    applies: mentions(/perMessageDeflate/),
    ignores: /(?<=Z_DATA_ERROR -3\]: ).*?(?= \[)/
  },
  {
    why: "an empty payload is an empty message each time; in ws the second one fails",
    applies: named("a deflated empty payload"),
    ignores: everything
  },
  {
    why: "an empty part of a compressed message needs no octets",
    applies: mentions(/perMessageDeflate/),
    ignores: /\d+ octets of deflated data/
  },
  {
    why: "RFC 7692 §7.1.2.1 has no leading zeros",
    applies: named("a server is offered permessage-deflate; server_max_window_bits=08"),
    ignores: everything
  },
  {
    why: "a window of 15 bits goes without saying (RFC 7692 §7.1.2)",
    applies: both(isGenerated, mentions(/permessage-deflate|perMessageDeflate/)),
    ignores: /"?Sec-WebSocket-Extensions: permessage-deflate(; \w*(=\d*)?)*("(\.\.\. \(\d+, \w+\))?)?/
  },
  {
    why: "a code without a reason phrase is answered; ws throws, and the client waits",
    applies: named("verifyClient refuses with an unknown code"),
    ignores: everything
  },
  {
    why: "a reason that is null is no reason",
    applies: named("closes with null for a reason"),
    ignores: everything
  },
  {
    why: "it is no WebSocket of either side: there is nothing to be like",
    applies: named("does not start with null"),
    ignores: everything
  },
  {
    why: "what is sent after somebody has ended the socket is written at the end of the turn, when the socket fails",
    applies: named(
      "at once after a half-open socket nothing does harm",
      "at once after the server's half-open socket nothing does harm",
      "a half-open socket in one go with sends",
      "the server's half-open socket in one go with sends"
    ),
    ignores: everything
  }
]

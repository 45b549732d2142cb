/**
 * The protocol core: RFC 6455 as values and synchronous functions, for either end of a connection.
 *
 * @since 0.1.0
 */
export * as Arena from "./Arena.ts"
export * as ByteQueue from "./ByteQueue.ts"
export * as Bytes from "./Bytes.ts"
export * as ClientHandshake from "./ClientHandshake.ts"
export * as CloseCode from "./CloseCode.ts"
export * as CloseFrame from "./CloseFrame.ts"
export * as CloseHandshake from "./CloseHandshake.ts"
export * as Extension from "./Extension.ts"
export * as Frame from "./Frame.ts"
export * as FrameDecoder from "./FrameDecoder.ts"
export * as FrameEncoder from "./FrameEncoder.ts"
export * as FrameHeader from "./FrameHeader.ts"
export * as HeaderSyntax from "./HeaderSyntax.ts"
export * as Limits from "./Limits.ts"
export * as Mask from "./Mask.ts"
export * as Message from "./Message.ts"
export * as MessageAssembler from "./MessageAssembler.ts"
export * as Opcode from "./Opcode.ts"
export * as OpeningHandshake from "./OpeningHandshake.ts"
export * as Protocol from "./Protocol.ts"
export * as ServerHandshake from "./ServerHandshake.ts"
export * as Subprotocol from "./Subprotocol.ts"
export * as Utf8 from "./Utf8.ts"
export * as Violation from "./Violation.ts"

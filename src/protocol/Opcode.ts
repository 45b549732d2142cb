/**
 * Opcodes say what a frame's payload is (RFC 6455 §5.2, §11.8).
 *
 * @since 0.1.0
 */

/**
 * A further fragment of the message in progress (RFC 6455 §5.4).
 *
 * @category opcodes
 * @since 0.1.0
 */
export const Continuation = 0x0

/**
 * A text message, or its first fragment (RFC 6455 §5.6).
 *
 * @category opcodes
 * @since 0.1.0
 */
export const Text = 0x1

/**
 * A binary message, or its first fragment (RFC 6455 §5.6).
 *
 * @category opcodes
 * @since 0.1.0
 */
export const Binary = 0x2

/**
 * A close frame (RFC 6455 §5.5.1).
 *
 * @category opcodes
 * @since 0.1.0
 */
export const Close = 0x8

/**
 * A ping (RFC 6455 §5.5.2).
 *
 * @category opcodes
 * @since 0.1.0
 */
export const Ping = 0x9

/**
 * A pong (RFC 6455 §5.5.3).
 *
 * @category opcodes
 * @since 0.1.0
 */
export const Pong = 0xa

/**
 * The opcodes of control frames.
 *
 * @category models
 * @since 0.1.0
 */
export type Control = typeof Close | typeof Ping | typeof Pong

/**
 * The opcodes that start a message.
 *
 * @category models
 * @since 0.1.0
 */
export type Data = typeof Text | typeof Binary

/**
 * Every opcode that RFC 6455 defines.
 *
 * @category models
 * @since 0.1.0
 */
export type Opcode = typeof Continuation | Data | Control

/**
 * Whether the RFC defines this opcode; 3 to 7 and 11 to 15 are reserved.
 *
 * @category guards
 * @since 0.1.0
 */
export const isDefined = (opcode: number): opcode is Opcode => opcode <= Binary || (opcode >= Close && opcode <= Pong)

/**
 * Whether this is a control opcode: the most significant of its four bits is set (RFC 6455 §5.5).
 *
 * @category guards
 * @since 0.1.0
 */
export const isControl = (opcode: Opcode): opcode is Control => (opcode & 0x8) !== 0

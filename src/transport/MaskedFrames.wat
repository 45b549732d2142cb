;; Masks or unmasks whole frames that lie one behind the other, 16 octets at a time (RFC 6455 §5.2, §5.3).
(module
  ;; A page that sockets read into, a page for others to copy to, and the flag behind them.
  (memory (export "memory") 3)

  ;; From $at on, up to the first frame that goes beyond $end. Returns where that is. The flag is set to 1 if a text that is
  ;; left is not ASCII.
  (func (export "mask") (param $at i32) (param $end i32) (result i32)
    (local $length i32) (local $hasKey i32) (local $cursor i32) (local $stop i32) (local $key i32)
    (local $keys v128) (local $octets v128) (local $seen v128) (local $wide i32)
    (block $done
      (loop $frames
        ;; The header
        (local.set $cursor (i32.add (local.get $at) (i32.const 2)))
        (br_if $done (i32.gt_u (local.get $cursor) (local.get $end)))
        (local.set $length (i32.load8_u offset=1 (local.get $at)))
        (local.set $hasKey (i32.shr_u (local.get $length) (i32.const 7)))
        (local.set $length (i32.and (local.get $length) (i32.const 0x7f)))
        (if (i32.eq (local.get $length) (i32.const 126))
          (then
            (local.set $cursor (i32.add (local.get $at) (i32.const 4)))
            (br_if $done (i32.gt_u (local.get $cursor) (local.get $end)))
            (local.set $length (call $number (i32.add (local.get $at) (i32.const 2)))))
          (else (if (i32.eq (local.get $length) (i32.const 127)) (then
            (local.set $cursor (i32.add (local.get $at) (i32.const 10)))
            (br_if $done (i32.gt_u (local.get $cursor) (local.get $end)))
            (br_if $done (i32.load offset=2 (local.get $at)))
            (br_if $done (call $number (i32.add (local.get $at) (i32.const 6))))
            (local.set $length (call $number (i32.add (local.get $at) (i32.const 8))))))))
        (local.set $cursor (i32.add (local.get $cursor) (i32.shl (local.get $hasKey) (i32.const 2))))
        (local.set $stop (i32.add (local.get $cursor) (local.get $length)))
        (br_if $done (i32.gt_u (local.get $stop) (local.get $end)))

        ;; Without a key nothing changes, and only a text is looked at
        (local.set $key (i32.const 0))
        (if (local.get $hasKey)
          (then (local.set $key (i32.load (i32.sub (local.get $cursor) (i32.const 4)))))
          (else (if (i32.ne (i32.load8_u (local.get $at)) (i32.const 0x81)) (then
            (local.set $at (local.get $stop))
            (br $frames)))))
        (local.set $keys (i32x4.splat (local.get $key)))
        (local.set $seen (v128.const i64x2 0 0))

        ;; The payload by 16 octets
        (block $few
          (loop $many
            (br_if $few (i32.gt_u (i32.add (local.get $cursor) (i32.const 16)) (local.get $stop)))
            (local.set $octets (v128.xor (v128.load (local.get $cursor)) (local.get $keys)))
            (v128.store (local.get $cursor) (local.get $octets))
            (local.set $seen (v128.or (local.get $seen) (local.get $octets)))
            (local.set $cursor (i32.add (local.get $cursor) (i32.const 16)))
            (br $many)))

        ;; What is left of it: 8 or 4 octets at once leave the key's turn as it is
        (if (i32.ge_u (i32.sub (local.get $stop) (local.get $cursor)) (i32.const 8)) (then
          (local.set $octets (v128.xor (v128.load64_zero (local.get $cursor)) (local.get $keys)))
          (v128.store64_lane 0 (local.get $cursor) (local.get $octets))
          (local.set $seen (v128.or (local.get $seen)
            (v128.and (local.get $octets) (v128.const i64x2 -1 0))))
          (local.set $cursor (i32.add (local.get $cursor) (i32.const 8)))))
        (if (i32.ge_u (i32.sub (local.get $stop) (local.get $cursor)) (i32.const 4)) (then
          (local.set $octets (v128.xor (v128.load32_zero (local.get $cursor)) (local.get $keys)))
          (v128.store32_lane 0 (local.get $cursor) (local.get $octets))
          (local.set $seen (v128.or (local.get $seen)
            (v128.and (local.get $octets) (v128.const i32x4 -1 0 0 0))))
          (local.set $cursor (i32.add (local.get $cursor) (i32.const 4)))))
        (block $none
          (loop $each
            (br_if $none (i32.eq (local.get $cursor) (local.get $stop)))
            (local.set $length (i32.and (i32.const 0xff)
              (i32.xor (i32.load8_u (local.get $cursor)) (local.get $key))))
            (i32.store8 (local.get $cursor) (local.get $length))
            (local.set $seen (v128.or (local.get $seen) (i8x16.splat (local.get $length))))
            (local.set $key (i32.rotr (local.get $key) (i32.const 8)))
            (local.set $cursor (i32.add (local.get $cursor) (i32.const 1)))
            (br $each)))

        (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 0x81)) (then
          (local.set $wide (i32.or (local.get $wide) (i8x16.bitmask (local.get $seen))))))
        (local.set $at (local.get $stop))
        (br $frames)))
    (if (local.get $wide) (then (i32.store8 offset=131072 (i32.const 0) (i32.const 1))))
    (local.get $at))

  ;; A number of 16 bits, in network byte order.
  (func $number (param $at i32) (result i32)
    (i32.or (i32.shl (i32.load8_u (local.get $at)) (i32.const 8)) (i32.load8_u offset=1 (local.get $at)))))

;; The two passes of a resampling, for which `resample.ts` prepares the memory: sums of bytes times weights, in 32-bit whole
;; numbers with 22 binary places. A weight comes in two halves of 16 bits (its upper bits, its lower 11 bits), because
;; i32x4.dot_i16x8_s multiplies eight numbers of 16 bits and adds them in pairs; four of those are two weights of two pixels.
(module
  (memory (export "memory") 1)

  ;; One line: at `spans`, each pixel of the target has the offset of its first byte in the source and its number of pairs.
  ;; `shuffle` puts the bytes of two neighbours beside each other, channel by channel, as 16-bit numbers.
  ;; Reads up to 8 bytes beyond the last pair, and writes up to 3 bytes beyond the end of the target.
  (func (export "horizontal")
    (param $source i32) (param $spans i32) (param $weights i32) (param $shuffle i32)
    (param $channels i32) (param $target i32) (param $end i32)
    (local $at i32) (local $pairs i32) (local $order v128) (local $high v128) (local $low v128) (local $pixels v128)
    (local.set $order (v128.load (local.get $shuffle)))
    (loop $pixel
      (local.set $at (i32.add (local.get $source) (i32.load (local.get $spans))))
      (local.set $pairs (i32.load offset=4 (local.get $spans)))
      (local.set $high (v128.const i32x4 0 0 0 0))
      ;; One half, to round.
      (local.set $low (v128.const i32x4 0x200000 0x200000 0x200000 0x200000))
      (loop $pair
        (local.set $pixels (i8x16.swizzle (v128.load64_zero (local.get $at)) (local.get $order)))
        (local.set $high (i32x4.add (local.get $high)
          (i32x4.dot_i16x8_s (local.get $pixels) (v128.load32_splat (local.get $weights)))))
        (local.set $low (i32x4.add (local.get $low)
          (i32x4.dot_i16x8_s (local.get $pixels) (v128.load32_splat offset=4 (local.get $weights)))))
        (local.set $weights (i32.add (local.get $weights) (i32.const 8)))
        (local.set $at (i32.add (local.get $at) (i32.shl (local.get $channels) (i32.const 1))))
        (br_if $pair (local.tee $pairs (i32.sub (local.get $pairs) (i32.const 1)))))
      (local.set $low (i32x4.shr_s
        (i32x4.add (i32x4.shl (local.get $high) (i32.const 11)) (local.get $low)) (i32.const 22)))
      ;; Narrowing keeps to 0..255.
      (local.set $low (i16x8.narrow_i32x4_s (local.get $low) (local.get $low)))
      (v128.store32_lane 0 (local.get $target) (i8x16.narrow_i16x8_u (local.get $low) (local.get $low)))
      (local.set $spans (i32.add (local.get $spans) (i32.const 8)))
      (local.set $target (i32.add (local.get $target) (local.get $channels)))
      (br_if $pixel (i32.lt_u (local.get $target) (local.get $end)))))

  ;; One line out of `pairs` × 2 lines that are `stride` bytes apart; eight bytes at a time, so that up to 7 bytes beyond
  ;; the ends of source and target are read and written.
  (func (export "vertical")
    (param $source i32) (param $stride i32) (param $pairs i32) (param $weights i32)
    (param $target i32) (param $end i32)
    (local $at i32) (local $pair i32) (local $weight i32) (local $bytes v128) (local $left v128) (local $right v128)
    (local $upper v128) (local $lower v128)
    (local $leftHigh v128) (local $leftLow v128) (local $rightHigh v128) (local $rightLow v128)
    (loop $column
      (local.set $at (local.get $source))
      (local.set $weight (local.get $weights))
      (local.set $pair (local.get $pairs))
      (local.set $leftHigh (v128.const i32x4 0 0 0 0))
      (local.set $rightHigh (v128.const i32x4 0 0 0 0))
      (local.set $leftLow (v128.const i32x4 0x200000 0x200000 0x200000 0x200000))
      (local.set $rightLow (v128.const i32x4 0x200000 0x200000 0x200000 0x200000))
      (loop $line
        (local.set $bytes
          (i8x16.shuffle 0 16 1 17 2 18 3 19 4 20 5 21 6 22 7 23
            (v128.load64_zero (local.get $at))
            (v128.load64_zero (local.tee $at (i32.add (local.get $at) (local.get $stride))))))
        (local.set $left (i16x8.extend_low_i8x16_u (local.get $bytes)))
        (local.set $right (i16x8.extend_high_i8x16_u (local.get $bytes)))
        (local.set $upper (v128.load32_splat (local.get $weight)))
        (local.set $lower (v128.load32_splat offset=4 (local.get $weight)))
        (local.set $leftHigh
          (i32x4.add (local.get $leftHigh) (i32x4.dot_i16x8_s (local.get $left) (local.get $upper))))
        (local.set $leftLow
          (i32x4.add (local.get $leftLow) (i32x4.dot_i16x8_s (local.get $left) (local.get $lower))))
        (local.set $rightHigh
          (i32x4.add (local.get $rightHigh) (i32x4.dot_i16x8_s (local.get $right) (local.get $upper))))
        (local.set $rightLow
          (i32x4.add (local.get $rightLow) (i32x4.dot_i16x8_s (local.get $right) (local.get $lower))))
        (local.set $weight (i32.add (local.get $weight) (i32.const 8)))
        (local.set $at (i32.add (local.get $at) (local.get $stride)))
        (br_if $line (local.tee $pair (i32.sub (local.get $pair) (i32.const 1)))))
      (local.set $bytes (i16x8.narrow_i32x4_s
        (i32x4.shr_s
          (i32x4.add (i32x4.shl (local.get $leftHigh) (i32.const 11)) (local.get $leftLow)) (i32.const 22))
        (i32x4.shr_s
          (i32x4.add (i32x4.shl (local.get $rightHigh) (i32.const 11)) (local.get $rightLow)) (i32.const 22))))
      (v128.store64_lane 0 (local.get $target) (i8x16.narrow_i16x8_u (local.get $bytes) (local.get $bytes)))
      (local.set $source (i32.add (local.get $source) (i32.const 8)))
      (local.set $target (i32.add (local.get $target) (i32.const 8)))
      (br_if $column (i32.lt_u (local.get $target) (local.get $end))))))

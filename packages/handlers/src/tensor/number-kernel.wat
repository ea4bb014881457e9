;; Nested JSON lists of plain numbers → floats in row-major order; `number-kernel.ts` prepares the memory:
;;     0  sizes of the axes, 4 bytes each, from the outermost on; 64 of the lists that are open, how many elements they have had
;;   128  the powers of ten that are doubles, from 1 to 1e22; 384 those from 1 to 1e8 as integers of 64 bits
;; and the text, with a NUL behind it. Digits are read eight at a time, and what a number is worth is computed in doubles: exactly
;; where its digits are an integer below 2^53 and its power of ten is a double, otherwise to 1e-15, which is enough where all
;; that it may be is rounded to the same float. What is left is asked for. No calls on the way of most numbers: V8 inlines none.
(module
  ;; What the text from one address to another is worth, a number of JSON.
  (import "numbers" "valueOf" (func $valueOf (param $begin i32) (param $end i32) (result f64)))
  (memory (export "memory") 1)
  (global $count (export "count") (mut i32) (i32.const 0))
  (global $rank (export "rank") (mut i32) (i32.const 0))

  ;; One list; the address behind it, or 0 where it is none of plain numbers, is ragged, or has more than 16 axes.
  (func (export "read") (param $at i32) (param $target i32) (result i32)
    (local $start i32) (local $row i32) (local $byte i32) (local $rank i32) (local $depth i32) (local $size i32) (local $axis i32)
    (local $begin i32) (local $first i32) (local $point i32) (local $digits i32) (local $isNegative i32)
    (local $exponent i32) (local $isSmall i32) (local $power i32)
    (local $text i64) (local $others i64) (local $bits i64) (local $mantissa i64) (local $value f64)
    (local.set $start (local.get $target))
    (block $refuse
      (loop $list
        (local.set $byte (i32.load8_u (local.get $at)))
        (if (i32.eq (local.get $byte) (i32.const 0x5b)) (then
          (br_if $refuse (i32.eq (local.get $depth) (select (local.get $rank) (i32.const 16) (local.get $rank))))
          (i32.store offset=64 (i32.shl (local.get $depth) (i32.const 2)) (i32.const 0))
          (local.set $depth (i32.add (local.get $depth) (i32.const 1)))
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (br $list)))
        (if (call $isSpace (local.get $byte)) (then
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (br $list)))
        (if (i32.eqz (local.get $rank))
          (then
            (br_if $refuse (i32.eqz (local.get $depth)))
            (local.set $rank (local.get $depth))
            (i64.store (i32.const 0) (i64.const 0)) (i64.store (i32.const 8) (i64.const 0))
            (i64.store (i32.const 16) (i64.const 0)) (i64.store (i32.const 24) (i64.const 0))
            (i64.store (i32.const 32) (i64.const 0)) (i64.store (i32.const 40) (i64.const 0))
            (i64.store (i32.const 48) (i64.const 0)) (i64.store (i32.const 56) (i64.const 0)))
          (else (br_if $refuse (i32.ne (local.get $depth) (local.get $rank)))))

        (local.set $row (local.get $target))
        (loop $number
          (local.set $begin (local.get $at))
          (local.set $isNegative (i32.eq (i32.load8_u (local.get $at)) (i32.const 0x2d)))
          (local.set $first (local.tee $at (i32.add (local.get $at) (local.get $isNegative))))
          (local.set $mantissa (i64.const 0))
          (local.set $point (i32.const 0))
          (loop $more
            (local.set $text (i64.load (local.get $at)))
            ;; Digits become 0 to 9; the lowest byte that is another one is where they end. 8 bits for each of them.
            (local.set $others (i64.xor (local.get $text) (i64.const 0x3030303030303030)))
            (local.set $bits (i64.and (i64.const 0x78) (i64.ctz (i64.and
              (i64.or (local.get $others) (i64.add (local.get $others) (i64.const 0x7676767676767676)))
              (i64.const 0x8080808080808080)))))
            (if (i64.ne (local.get $bits) (i64.const 0)) (then
              ;; Fewer than eight get zeros before them; neighbours are put together: to 2, 4 and 8 digits.
              (local.set $text (i64.and
                (i64.shl (local.get $text) (i64.sub (i64.const 64) (local.get $bits)))
                (i64.const 0x0f0f0f0f0f0f0f0f)))
              (local.set $text (i64.and
                (i64.shr_u (i64.mul (local.get $text) (i64.const 0xa01)) (i64.const 8))
                (i64.const 0x00ff00ff00ff00ff)))
              (local.set $text (i64.and
                (i64.shr_u (i64.mul (local.get $text) (i64.const 0x640001)) (i64.const 16))
                (i64.const 0x0000ffff0000ffff)))
              (local.set $mantissa (i64.add
                (i64.mul (local.get $mantissa) (i64.load offset=384 (i32.wrap_i64 (local.get $bits))))
                (i64.shr_u (i64.mul (local.get $text) (i64.const 0x271000000001)) (i64.const 32))))
              (local.set $at (i32.add (local.get $at) (i32.wrap_i64 (i64.shr_u (local.get $bits) (i64.const 3)))))
              (br_if $more (i64.eq (local.get $bits) (i64.const 64)))))
            (if (i32.eqz (local.get $point)) (then
              (br_if $refuse (i32.eqz (local.tee $digits (i32.sub (local.get $at) (local.get $first)))))
              (if (i32.eq (i32.load8_u (local.get $first)) (i32.const 0x30)) (then
                (br_if $refuse (i32.ne (local.get $digits) (i32.const 1)))
                (local.set $digits (i32.const 0))))
              (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 0x2e)) (then
                (local.set $point (local.tee $at (i32.add (local.get $at) (i32.const 1))))
                (if (i32.eqz (local.get $digits)) (then
                  (loop $zero
                    (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 0x30)) (then
                      (local.set $at (i32.add (local.get $at) (i32.const 1)))
                      (br $zero))))))
                (local.set $digits (i32.sub (local.get $digits) (local.get $at)))
                (br $more))))))
          (local.set $exponent (i32.const 0))
          (if (local.get $point) (then
            (br_if $refuse (i32.eq (local.get $at) (local.get $point)))
            (local.set $digits (i32.add (local.get $digits) (local.get $at)))
            (local.set $exponent (i32.sub (local.get $point) (local.get $at)))))
          (local.set $byte (i32.load8_u (local.get $at)))

          (if (i32.eq (i32.or (local.get $byte) (i32.const 0x20)) (i32.const 0x65)) (then
            (local.set $byte (i32.load8_u (local.tee $at (i32.add (local.get $at) (i32.const 1)))))
            (local.set $isSmall (i32.eq (local.get $byte) (i32.const 0x2d)))
            (local.set $first (local.tee $at (i32.add (local.get $at)
              (i32.or (local.get $isSmall) (i32.eq (local.get $byte) (i32.const 0x2b))))))
            (local.set $power (i32.const 0))
            (loop $digit
              (local.set $byte (i32.sub (i32.load8_u (local.get $at)) (i32.const 0x30)))
              (if (i32.lt_u (local.get $byte) (i32.const 10)) (then
                ;; Beyond that, all are asked for.
                (if (i32.lt_u (local.get $power) (i32.const 100000)) (then
                  (local.set $power (i32.add (i32.mul (local.get $power) (i32.const 10)) (local.get $byte)))))
                (local.set $at (i32.add (local.get $at) (i32.const 1)))
                (br $digit))))
            (br_if $refuse (i32.eq (local.get $at) (local.get $first)))
            (local.set $exponent (i32.add (local.get $exponent)
              (select (i32.sub (i32.const 0) (local.get $power)) (local.get $power) (local.get $isSmall))))
            (local.set $byte (i32.load8_u (local.get $at)))))

          (local.set $value (f64.convert_i64_u (local.get $mantissa)))
          (local.set $value (if (result f64) (i32.le_u (i32.add (local.get $exponent) (i32.const 22)) (i32.const 22))
            (then (f64.div (local.get $value)
              (f64.load offset=128 (i32.shl (i32.sub (i32.const 0) (local.get $exponent)) (i32.const 3)))))
            (else (call $scaled (local.get $value) (local.get $exponent)))))
          (if (i32.or
                ;; More digits than 64 bits hold.
                (i32.gt_s (local.get $digits) (i32.const 19))
                (i32.and
                  (i32.or
                    (i64.gt_u (local.get $mantissa) (i64.const 0x20000000000000))
                    (i32.gt_u (i32.add (local.get $exponent) (i32.const 22)) (i32.const 44)))
                  (f32.ne
                    (f32.demote_f64 (f64.mul (local.get $value) (f64.const 0.999999999999999)))
                    (f32.demote_f64 (f64.mul (local.get $value) (f64.const 1.000000000000001))))))
            (then (local.set $value (f64.abs (call $valueOf (local.get $begin) (local.get $at))))))
          (f32.store (local.get $target) (f32.demote_f64
            (select (f64.neg (local.get $value)) (local.get $value) (local.get $isNegative))))
          (local.set $target (i32.add (local.get $target) (i32.const 4)))

          (if (i32.le_u (local.get $byte) (i32.const 0x20)) (then
            (local.set $byte (i32.load8_u (local.tee $at (call $skipSpace (local.get $at)))))))
          (if (i32.eq (local.get $byte) (i32.const 0x2c)) (then
            (local.set $at (i32.add (local.get $at) (i32.const 1)))
            (if (i32.le_u (i32.load8_u (local.get $at)) (i32.const 0x20)) (then
              (local.set $at (call $skipSpace (local.get $at)))))
            (br $number))))

        (br_if $refuse (i32.ne (local.get $byte) (i32.const 0x5d)))
        (local.set $size (i32.shr_u (i32.sub (local.get $target) (local.get $row)) (i32.const 2)))
        (loop $close
          (local.set $depth (i32.sub (local.get $depth) (i32.const 1)))
          (local.set $axis (i32.shl (local.get $depth) (i32.const 2)))
          (if (i32.eqz (i32.load (local.get $axis)))
            (then (i32.store (local.get $axis) (local.get $size)))
            (else (br_if $refuse (i32.ne (i32.load (local.get $axis)) (local.get $size)))))
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (if (i32.eqz (local.get $depth)) (then
            (global.set $rank (local.get $rank))
            (global.set $count (i32.shr_u (i32.sub (local.get $target) (local.get $start)) (i32.const 2)))
            (return (local.get $at))))
          ;; The list around it has one element more.
          (local.set $size (i32.add (i32.load offset=60 (local.get $axis)) (i32.const 1)))
          (i32.store offset=60 (local.get $axis) (local.get $size))
          (local.set $byte (i32.load8_u (local.tee $at (call $skipSpace (local.get $at)))))
          (br_if $close (i32.eq (local.get $byte) (i32.const 0x5d))))
        (br_if $refuse (i32.ne (local.get $byte) (i32.const 0x2c)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $list)))
    (i32.const 0))

  ;; Times a power of ten up to 1e44 or down to 1e-44; NaN for others, which no float is like, but 0 of 0.
  (func $scaled (param $value f64) (param $exponent i32) (result f64)
    (local $size i32) (local $isSmall i32)
    (local.set $isSmall (i32.lt_s (local.get $exponent) (i32.const 0)))
    (local.set $size (select
      (i32.sub (i32.const 0) (local.get $exponent)) (local.get $exponent) (local.get $isSmall)))
    (if (f64.eq (local.get $value) (f64.const 0)) (then (return (local.get $value))))
    (if (i32.gt_u (local.get $size) (i32.const 44)) (then (return (f64.const nan))))
    (if (i32.gt_u (local.get $size) (i32.const 22)) (then
      (local.set $value (if (result f64) (local.get $isSmall)
        (then (f64.div (local.get $value) (f64.const 1e22)))
        (else (f64.mul (local.get $value) (f64.const 1e22)))))
      (local.set $size (i32.sub (local.get $size) (i32.const 22)))))
    (if (result f64) (local.get $isSmall)
      (then (f64.div (local.get $value) (f64.load offset=128 (i32.shl (local.get $size) (i32.const 3)))))
      (else (f64.mul (local.get $value) (f64.load offset=128 (i32.shl (local.get $size) (i32.const 3)))))))

  (func $skipSpace (param $at i32) (result i32)
    (loop $next
      (if (call $isSpace (i32.load8_u (local.get $at))) (then
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next))))
    (local.get $at))

  ;; A bit for each of the four: 9, 10, 13 and 32.
  (func $isSpace (param $byte i32) (result i32)
    (i32.and
      (i32.le_u (local.get $byte) (i32.const 0x20))
      (i64.ne (i64.const 0)
        (i64.and (i64.const 0x100002600) (i64.shl (i64.const 1) (i64.extend_i32_u (local.get $byte))))))))

import { expect, test } from "vitest";
import { kernelName, kernelRows } from "./kernel-rows.js";

test.each([
  ["nvjet_tst_128x256_64x4_1x2_h_bz_coopA_NTN", "nvjet_tst_128x256_64x4_1x2_h_bz_coopA_NTN"],
  ["Memcpy DtoH (Device -> Pinned)", "Memcpy DtoH (Device -> Pinned)"],
  [
    "void at::native::vectorized_elementwise_kernel<4, at::native::FillFunctor<float>, std::array<char*, 1ul> >(int, at::native::FillFunctor<float>, std::array<char*, 1ul>)",
    "vectorized_elementwise_kernel<4, FillFunctor<float>, array<char*, 1ul>>",
  ],
  [
    "void at::native::unrolled_elementwise_kernel<at::native::direct_copy_kernel_cuda(at::TensorIteratorBase&)::{lambda()#3}::operator()() const::{lambda()#7}::operator()() const::{lambda(float)#1}, std::array<char*, 2ul> >(int, at::native::direct_copy_kernel_cuda(at::TensorIteratorBase&)::{lambda()#3}::operator()() const::{lambda()#7}::operator()() const::{lambda(float)#1})",
    "unrolled_elementwise_kernel<direct_copy_kernel_cuda, array<char*, 2ul>>",
  ],
  [
    "void (anonymous namespace)::softmax_warp_forward<float, float, float, 5, true, false>(float*, float const*, int)",
    "softmax_warp_forward<float, float, float, 5, true, false>",
  ],
  [`void cutlass::Kernel2<${"x".repeat(200)}>(int)`, `Kernel2<${"x".repeat(63)}…`],
])("the kernel %s is said briefly", (full, brief) => {
  expect(kernelName(full)).toBe(brief);
});

test("the least of many kernels are summed", () => {
  const kernels = Array.from({ length: 14 }, (_, i) => ({ name: `k${i}`, count: 2, ms: 14 - i }));
  const rows = kernelRows({ busyMs: 105, launches: 28, launchMs: 1, syncMs: 0, kernels });
  expect(rows).toHaveLength(1 + 12 + 1);
  expect(rows[1]).toEqual(["k0", "2", "14.00", "13.3 %"]);
  expect(rows.at(-1)).toEqual(["other kernels", "4", "3.00", "2.9 %"]);
});

#include "nn/affine.h"

#include "kernels/products.h"

namespace gradus {

template <typename T>
void affine_forward(MatrixView<const T> a, AffineView<const T> parameters, MatrixView<T> z, ThreadPool& pool,
                    kernels::ProductEpilogue epilogue) noexcept {
  kernels::product_nn<T>(a, parameters.weight, parameters.bias.data(), z, pool, epilogue);
}

template <typename T>
void affine_backward_parameters(MatrixView<const T> a, MatrixView<const T> delta, AffineView<T> gradients,
                                ThreadPool& pool) noexcept {
  kernels::product_tn<T>(a, delta, gradients.weight, pool);
  kernels::column_sums<T>(delta, gradients.bias.data());
}

template <typename T>
void affine_backward_input(MatrixView<const T> delta, MatrixView<const T> weight, MatrixView<T> error, ThreadPool& pool,
                           kernels::ProductEpilogue epilogue) noexcept {
  kernels::product_nt<T>(delta, weight, error, pool, epilogue);
}

#define GRADUS_INSTANTIATE(T)                                                                               \
  template void affine_forward(MatrixView<const T>, AffineView<const T>, MatrixView<T>, ThreadPool&,        \
                               kernels::ProductEpilogue) noexcept;                                          \
  template void affine_backward_parameters(MatrixView<const T>, MatrixView<const T>, AffineView<T>,         \
                                           ThreadPool&) noexcept;                                           \
  template void affine_backward_input(MatrixView<const T>, MatrixView<const T>, MatrixView<T>, ThreadPool&, \
                                      kernels::ProductEpilogue) noexcept;
GRADUS_INSTANTIATE(float)
GRADUS_INSTANTIATE(double)
#undef GRADUS_INSTANTIATE

}  // namespace gradus

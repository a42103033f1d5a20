#include "nn/affine.h"

#include "kernels/products.h"

namespace gradus {

template <typename T>
void affine_forward(MatrixView<const T> a, AffineView<const T> parameters, MatrixView<T> z, ThreadPool& pool) noexcept {
  kernels::product_nn<T>(a, parameters.weight, parameters.bias.data(), z, pool);
}

template <typename T>
void affine_backward_parameters(MatrixView<const T> a, MatrixView<const T> delta, AffineView<T> gradients,
                                ThreadPool& pool) noexcept {
  kernels::product_tn<T>(a, delta, gradients.weight, pool);
  kernels::column_sums<T>(delta, gradients.bias.data());
}

template <typename T>
void affine_backward_input(MatrixView<const T> delta, MatrixView<const T> weight, MatrixView<T> error,
                           ThreadPool& pool) noexcept {
  kernels::product_nt<T>(delta, weight, error, pool);
}

template void affine_forward(MatrixView<const float>, AffineView<const float>, MatrixView<float>, ThreadPool&) noexcept;
template void affine_forward(MatrixView<const double>, AffineView<const double>, MatrixView<double>,
                             ThreadPool&) noexcept;
template void affine_backward_parameters(MatrixView<const float>, MatrixView<const float>, AffineView<float>,
                                         ThreadPool&) noexcept;
template void affine_backward_parameters(MatrixView<const double>, MatrixView<const double>, AffineView<double>,
                                         ThreadPool&) noexcept;
template void affine_backward_input(MatrixView<const float>, MatrixView<const float>, MatrixView<float>,
                                    ThreadPool&) noexcept;
template void affine_backward_input(MatrixView<const double>, MatrixView<const double>, MatrixView<double>,
                                    ThreadPool&) noexcept;

}  // namespace gradus

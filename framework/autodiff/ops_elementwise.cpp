// Arithmetic with broadcasting of rows, steps and scalars, and pointwise functions.
#include <algorithm>
#include <cmath>

#include <unroll/autodiff/op_support.hpp>
#include <unroll/tensor/kernels.hpp>
#include <unroll/tensor/parallel.hpp>

namespace unroll {
namespace {

using detail::misfit;
using detail::require_same_type;
using detail::with_floating;

// How b lies over a: row by row in blocks of b.size() elements, each element of b once a block.
// Same shape is one block; a scalar is blocks of one element, treated apart.
struct Overlay {
  std::int64_t blocks, width;
  bool scalar;
};

bool is_suffix(const Shape& small, const Shape& large) {
  const auto s = small.dims(), l = large.dims();
  return s.size() <= l.size() && std::equal(s.begin(), s.end(), l.end() - std::ssize(s));
}

Overlay overlay(std::string_view operation, const Var& a, const Var& b) {
  require_same_type(operation, a, b);
  if (!is_suffix(b.shape(), a.shape())) misfit(operation, a.shape(), b.shape());
  if (b.shape().rank() == 0) return {a.shape().size(), 1, a.shape().rank() > 0};
  const std::int64_t width = b.shape().size();
  return {width == 0 ? 0 : a.shape().size() / width, width, false};
}

// Should the operands change places, so that the smaller one is b?
bool swapped(const Var& a, const Var& b) {
  return a.shape().rank() < b.shape().rank();
}

// The gradient of a broadcast operand: sums over the blocks.
template <typename T>
void reduce_into(const Overlay& over, const T* dy, T* db, bool fresh) {
  if (over.scalar) {
    const auto total = static_cast<T>(kernels::sum(over.blocks, dy));
    *db = fresh ? total : *db + total;
  } else {
    kernels::column_sums(over.blocks, over.width, dy, db, !fresh);
  }
}

// y = a + sign * b.
Var add_signed(std::string_view name, Var a, Var b, double sign) {
  Graph& graph = Graph::of({&a, &b});
  const Overlay over = overlay(name, a, b);
  Tensor y = Tensor::empty(a.shape(), a.dtype());
  with_floating(a.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* pa = a.value().data<T>();
    const T* pb = b.value().data<T>();
    T* py = y.data<T>();
    if (over.scalar) {
      const T shift = static_cast<T>(sign) * *pb;
      std::transform(pa, pa + y.size(), py, [=](T v) { return v + shift; });
    } else {
      for (std::int64_t r = 0; r < over.blocks; ++r) {
        const std::int64_t at = r * over.width;
        if (sign > 0) {
          kernels::add(over.width, pa + at, pb, py + at);
        } else {
          kernels::subtract(over.width, pa + at, pb, py + at);
        }
      }
    }
  });
  return graph.emit(std::move(y), {a, b}, [over, sign](Backward& back) {
    const Tensor& dy = back.output_gradient();
    back.pass(0, dy);
    if (!back.wants(1)) return;
    if (sign > 0 && over.blocks == 1 && !over.scalar) {
      back.pass(1, dy);
      return;
    }
    with_floating(dy.dtype(), [&](auto zero) {
      using T = decltype(zero);
      Tensor part = Tensor::empty(Shape{over.width}, dy.dtype());
      reduce_into(over, dy.data<T>(), part.data<T>(), true);
      kernels::scale(over.width, static_cast<T>(sign), part.data<T>(), part.data<T>());
      back.pass(1, part);
    });
  });
}

// y = alpha * x + beta.
Var linear_map(double alpha, Var x, double beta) {
  Graph& graph = Graph::of({&x});
  Tensor y = Tensor::empty(x.shape(), x.dtype());
  with_floating(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* px = x.value().data<T>();
    const T a = static_cast<T>(alpha), b = static_cast<T>(beta);
    std::transform(px, px + y.size(), y.data<T>(), [=](T v) { return a * v + b; });
  });
  return graph.emit(std::move(y), {x}, [alpha](Backward& back) {
    const Tensor& dy = back.output_gradient();
    if (alpha == 1.0) {
      back.pass(0, dy);
      return;
    }
    with_floating(dy.dtype(), [&](auto zero) {
      using T = decltype(zero);
      bool fresh = false;
      Tensor& dx = back.input_gradient(0, fresh);
      if (fresh) {
        kernels::scale(dy.size(), static_cast<T>(alpha), dy.data<T>(), dx.data<T>());
      } else {
        kernels::axpy(dy.size(), static_cast<T>(alpha), dy.data<T>(), dx.data<T>());
      }
    });
  });
}

// y = f(x) whose gradient dx (+)= dy * f'(x) is computed from what `keep_output` chooses.
template <typename Forward, typename Gradient>
Var pointwise(Var x, bool keep_output, Forward forward, Gradient gradient) {
  Graph& graph = Graph::of({&x});
  Tensor y = Tensor::empty(x.shape(), x.dtype());
  with_floating(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    forward(y.size(), x.value().data<T>(), y.data<T>());
  });
  Tensor kept = keep_output ? y : x.value();
  return graph.emit(std::move(y), {x}, [kept = std::move(kept), gradient](Backward& back) {
    const Tensor& dy = back.output_gradient();
    bool fresh = false;
    Tensor& dx = back.input_gradient(0, fresh);
    with_floating(dy.dtype(), [&](auto zero) {
      using T = decltype(zero);
      gradient(dy.size(), kept.data<T>(), dy.data<T>(), dx.data<T>(), !fresh);
    });
  });
}

template <typename T, typename Function>
void accumulate(std::int64_t n, T* dx, bool add, Function f) {
  for (std::int64_t i = 0; i < n; ++i) dx[i] = add ? dx[i] + f(i) : f(i);
}

}  // namespace

Var operator+(Var a, Var b) {
  return add_signed("+", swapped(a, b) ? b : a, swapped(a, b) ? a : b, 1);
}
Var operator-(Var a, Var b) {
  return swapped(a, b) ? add_signed("-", -b, a, 1) : add_signed("-", a, b, -1);
}
Var operator*(double a, Var b) {
  return linear_map(a, b, 0);
}
Var operator+(double a, Var b) {
  return linear_map(1, b, a);
}
Var operator-(double a, Var b) {
  return linear_map(-1, b, a);
}
Var operator-(Var a) {
  return linear_map(-1, a, 0);
}

Var operator*(Var a, Var b) {
  if (swapped(a, b)) std::swap(a, b);
  Graph& graph = Graph::of({&a, &b});
  const Overlay over = overlay("*", a, b);
  Tensor y = Tensor::empty(a.shape(), a.dtype());
  // y = u * b with b laid over u; also the gradient of a.
  const auto product = [over](const Tensor& u, const Tensor& v, Tensor& out, bool add) {
    with_floating(u.dtype(), [&](auto zero) {
      using T = decltype(zero);
      const T* pu = u.data<T>();
      const T* pv = v.data<T>();
      T* po = out.data<T>();
      if (over.scalar) {
        add ? kernels::axpy(over.blocks, *pv, pu, po) : kernels::scale(over.blocks, *pv, pu, po);
        return;
      }
      for (std::int64_t at = 0; at < over.blocks * over.width; at += over.width) {
        add ? kernels::multiply_add(over.width, pu + at, pv, po + at)
            : kernels::multiply(over.width, pu + at, pv, po + at);
      }
    });
  };
  product(a.value(), b.value(), y, false);
  return graph.emit(
      std::move(y), {a, b}, [over, product, va = a.value(), vb = b.value()](Backward& back) {
        const Tensor& dy = back.output_gradient();
        if (back.wants(0)) {
          bool fresh = false;
          Tensor& da = back.input_gradient(0, fresh);
          product(dy, vb, da, !fresh);
        }
        if (!back.wants(1)) return;
        bool fresh = false;
        Tensor& db = back.input_gradient(1, fresh);
        with_floating(dy.dtype(), [&](auto zero) {
          using T = decltype(zero);
          const T* pdy = dy.data<T>();
          const T* pa = va.data<T>();
          if (over.scalar) {
            const auto total = static_cast<T>(kernels::dot(over.blocks, pdy, pa));
            *db.data<T>() = fresh ? total : *db.data<T>() + total;
          } else if (over.blocks == 1) {
            fresh ? kernels::multiply(over.width, pdy, pa, db.data<T>())
                  : kernels::multiply_add(over.width, pdy, pa, db.data<T>());
          } else {
            Tensor part = Tensor::empty(dy.shape(), dy.dtype());
            kernels::multiply(dy.size(), pdy, pa, part.data<T>());
            kernels::column_sums(over.blocks, over.width, part.data<T>(), db.data<T>(), !fresh);
          }
        });
      });
}

Var sigmoid(Var x) {
  return pointwise(
      x, true, [](auto... v) { kernels::sigmoid(v...); },
      [](auto... v) { kernels::sigmoid_gradient(v...); });
}
Var tanh(Var x) {
  return pointwise(
      x, true, [](auto... v) { kernels::tanh(v...); },
      [](auto... v) { kernels::tanh_gradient(v...); });
}
Var relu(Var x) {
  return pointwise(
      x, true, [](auto... v) { kernels::relu(v...); },
      [](auto... v) { kernels::relu_gradient(v...); });
}
Var exp(Var x) {
  return pointwise(
      x, true, [](auto... v) { kernels::exp(v...); },
      []<typename T>(std::int64_t n, const T* y, const T* dy, T* dx, bool add) {
        add ? kernels::multiply_add(n, y, dy, dx) : kernels::multiply(n, y, dy, dx);
      });
}
Var log(Var x) {
  return pointwise(
      x, false, [](auto... v) { kernels::log(v...); },
      []<typename T>(std::int64_t n, const T* in, const T* dy, T* dx, bool add) {
        accumulate(n, dx, add, [=](std::int64_t i) { return dy[i] / in[i]; });
      });
}
Var softplus(Var x) {
  return pointwise(
      x, false, [](auto... v) { kernels::softplus(v...); },
      []<typename T>(std::int64_t n, const T* in, const T* dy, T* dx, bool add) {
        accumulate(n, dx, add, [=](std::int64_t i) { return dy[i] / (T(1) + std::exp(-in[i])); });
      });
}

Var blend(Var gate, Var a, Var b) {
  Graph& graph = Graph::of({&gate, &a, &b});
  require_same_type("blend", gate, a);
  require_same_type("blend", gate, b);
  if (!(gate.shape() == a.shape())) misfit("blend", gate.shape(), a.shape());
  if (!(gate.shape() == b.shape())) misfit("blend", gate.shape(), b.shape());
  Tensor y = Tensor::empty(a.shape(), a.dtype());
  with_floating(a.dtype(), [&](auto zero) {
    using T = decltype(zero);
    kernels::blend(y.size(), gate.value().data<T>(), a.value().data<T>(), b.value().data<T>(),
                   y.data<T>());
  });
  return graph.emit(std::move(y), {gate, a, b},
                    [vg = gate.value(), va = a.value(), vb = b.value()](Backward& back) {
                      const Tensor& dy = back.output_gradient();
                      with_floating(dy.dtype(), [&](auto zero) {
                        using T = decltype(zero);
                        const T *g = vg.data<T>(), *d = dy.data<T>();
                        bool fresh = false;
                        if (back.wants(0)) {
                          T* to = back.input_gradient(0, fresh).data<T>();
                          kernels::blend_gate_gradient(dy.size(), va.data<T>(), vb.data<T>(), d, to,
                                                       !fresh);
                        }
                        if (back.wants(1)) {
                          T* to = back.input_gradient(1, fresh).data<T>();
                          fresh ? kernels::multiply(dy.size(), g, d, to)
                                : kernels::multiply_add(dy.size(), g, d, to);
                        }
                        if (back.wants(2)) {
                          T* to = back.input_gradient(2, fresh).data<T>();
                          kernels::blend_rest_gradient(dy.size(), g, d, to, !fresh);
                        }
                      });
                    });
}

}  // namespace unroll

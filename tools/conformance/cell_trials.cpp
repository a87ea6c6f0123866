#include "cell_trials.hpp"

#include "shrink.hpp"

namespace unroll::conformance::cells {

std::unique_ptr<LoneCell> cell_of(const Examination& examination, const Variant& variant,
                                  const CellShape& shape, DType type, std::uint64_t seed) {
  auto made = accepted([&] {
    return std::make_unique<LoneCell>(examination.registry(), examination.choice(variant.options),
                                      shape, type, seed);
  });
  return made ? std::move(*made) : nullptr;
}

void try_shapes(Examination& examination, const std::vector<CellShape>& shapes, const Try& fails,
                const CellShape& least) {
  for (const Variant& variant : variants_of(examination))
    for (const CellShape& shape : shapes) {
      const auto at = [&](const std::vector<std::int64_t>& s) {
        const CellShape sizes{s[0], s[1], s[2], s[3]};
        examination.doing(sizes.text() + with(variant));
        return fails(variant, sizes);
      };
      const std::vector<std::int64_t> sizes{shape.T, shape.N, shape.I, shape.H};
      const Broken first = at(sizes);
      if (!first) continue;
      const auto smallest = shrink_sizes(sizes, {least.T, least.N, least.I, least.H},
                                         [&](const auto& s) { return at(s).has_value(); });
      // What breaks only now and then may not break once more.
      const Broken again = at(smallest);
      const Contract& shown = again ? *again : *first;
      const std::vector<std::int64_t>& shape_shown = again ? smallest : sizes;
      examination.found(
          {shown.expected, shown.seen,
           CellShape{shape_shown[0], shape_shown[1], shape_shown[2], shape_shown[3]}.text() +
               with(variant)});
      if (examination.enough()) return;
      break;
    }
}

std::optional<std::string> first_difference(const Passed& a, const std::string& of_a,
                                            const Passed& b, const std::string& of_b,
                                            double tolerance) {
  if (a.names != b.names) return "other gradients " + of_a + " than " + of_b;
  for (std::size_t i = 0; i < a.names.size(); ++i)
    if (auto found = differs(a.names[i], a.tensors[i], of_a, b.tensors[i], of_b, tolerance))
      return found;
  return {};
}

}  // namespace unroll::conformance::cells

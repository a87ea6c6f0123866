// Do a window read at once, two halves with the state carried between them, and the decoder, token
// by token, all say the same?
#include <unroll/plugin/registry.hpp>

#include <cmath>
#include <cstdio>

int main(int, char** arguments) {
  using namespace unroll;
  constexpr std::int64_t T = 6;
  Registry registry;  // the cells of this Unroll, and the library under test
  registry.add(arguments[1]);
  Domain domain;
  domain.fields.text = true;
  domain.text = Vocabulary::with_special({"a", "b", "c"}, {});
  ParameterStore store(1, DType::f32);
  const auto model =
      registry.make_architecture({"plugin_name", {}, {}}, {domain, registry, Parameters(store)});

  Tensor inputs = Tensor::zeros({T, 1}, DType::i32), targets = Tensor::zeros({T, 1}, DType::i32);
  for (std::int32_t t = 0; t < T; ++t) {
    inputs.data<std::int32_t>()[t] = t % 3;
    targets.data<std::int32_t>()[t] = (t + 1) % 3;
  }
  const auto nats = [&](std::int64_t begin, std::int64_t end, Carry& carry) {
    Graph graph(Graph::Mode::infer);
    Batch batch;
    batch.inputs = inputs.slice(begin, end);
    batch.targets = targets.slice(begin, end);
    return model->run(graph, batch, carry, nullptr).total;
  };
  Carry none, carried;
  const double whole = nats(0, T, none);
  const double halves = nats(0, 2, carried) + nats(2, T, carried);

  const auto decoder = model->decoder(1);
  decoder->reset();
  double stepped = 0;
  for (std::int64_t t = 0; t < T; ++t) {
    const auto logits = decoder->next({inputs.data<std::int32_t>() + t, 1});
    double sum = 0;
    for (const float logit : logits) sum += std::exp(static_cast<double>(logit));
    const auto next = static_cast<std::size_t>(targets.data<std::int32_t>()[t]);
    stepped += std::log(sum) - static_cast<double>(logits[next]);
  }
  std::printf("%.7f nats at once, %.7f in two parts, %.7f by the decoder\n", whole, halves,
              stepped);
  return std::abs(whole - halves) < 1e-5 && std::abs(whole - stepped) < 1e-5 ? 0 : 1;
}

// Convolutional network over pictures (LeCun et al. 1998; in blocks as by Simonyan and Zisserman
// 2015, arXiv 1409.1556), x [N, C, H, W]. For each number O of `channels` a block,
//
//   x' = pool(f(norm(x * W + b)))      W [O, C, K, K], zeros around the picture, f = relu or tanh
//
// then all pixels in a row, or the mean of each channel, and as in `mlp` layers f(x W + b), the
// last of the wanted width and without f. Normalised blocks have a gain instead of b before it:
//
//   batch  gain (x - mean) / deviation + bias for each channel, of the batch while it trains, of
//          running means afterwards (Ioffe and Szegedy 2015, arXiv 1502.03167)
//   layer  the same for each picture over all its features (Ba et al. 2016, arXiv 1607.06450)
//
// Left out: strides, residual connections, pictures of different sizes.
#include <unroll/plugin.hpp>

#include <algorithm>
#include <cmath>
#include <optional>

namespace {

using namespace unroll;

struct Options {
  std::vector<std::int64_t> channels = {32, 64, 128};
  std::int64_t kernel = 3;
  std::string pool = "max";
  std::string normalisation = "none";
  std::string activation = "relu";
  std::string read_out = "pixels";
  std::vector<std::int64_t> hidden;
  double dropout = 0;
  std::int64_t shift = 0;
  bool flip = false;
};

/// Each of the pictures x [N, C, H, W], mirrored or not with `flip`, then moved by up to `shift`
/// pixels down and right or up and left; its edges are repeated.
template <typename T>
void vary_each(const Tensor& x, std::int64_t shift, bool flip, RandomStream& random,
               Tensor& varied) {
  const std::int64_t N = x.dim(0), C = x.dim(1), H = x.dim(2), W = x.dim(3);
  const T* from = x.data<T>();
  T* to = varied.data<T>();
  const auto step = [&] {
    const auto places = static_cast<std::uint64_t>(2 * shift + 1);
    return static_cast<std::int64_t>(random.below(places)) - shift;
  };
  for (std::int64_t n = 0; n < N; ++n) {
    const bool mirrored = flip && random.below(2) == 1;
    const std::int64_t down = step(), right = step();
    for (std::int64_t row = 0; row < C * H; ++row) {
      const std::int64_t source = std::clamp<std::int64_t>(row % H - down, 0, H - 1);
      const T* line = from + ((n * C + row / H) * H + source) * W;
      for (std::int64_t column = 0; column < W; ++column) {
        const std::int64_t at = std::clamp<std::int64_t>(column - right, 0, W - 1);
        *to++ = line[mirrored ? W - 1 - at : at];
      }
    }
  }
}

/// One block; knows how its normalisation is trained, used and kept.
class Block {
 public:
  Block(const Options& options, const Shape& image, std::int64_t output,
        const Parameters& parameters)
      : options_(options), running_(output, parameters.dtype()) {
    const std::int64_t input = image.dim(0), K = options.kernel;
    // Uniform with the variance 2 / fan-in (He et al. 2015, arXiv 1502.01852).
    const double limit = std::sqrt(6.0 / static_cast<double>(input * K * K));
    W_ = &parameters.make("W", {output, input, K, K}, init::uniform(-limit, limit),
                          {"output, input, rows, columns", {}});
    const std::int64_t width = layer() ? output * image.dim(1) * image.dim(2) : output;
    const char* axes = layer() ? "output*rows*columns" : "output";
    if (options.normalisation != "none")
      gain_ = &parameters.make("gain", {width}, init::constant(1), {axes, {}});
    b_ = &parameters.make("b", {width}, init::zeros(), {axes, {}});
  }

  Var operator()(Var x, bool training) {
    const ConvolutionOptions around{1, options_.kernel / 2};
    if (gain_ == nullptr) {
      x = conv2d(x, *W_, *b_, around);
    } else {
      x = conv2d(x, *W_, around);
      if (layer()) {
        const Shape shape = x.shape();
        x = reshape(layer_norm(reshape(x, {shape.dim(0), b_->size()}), *gain_, *b_), shape);
      } else {
        x = training ? batch_norm(x, *gain_, *b_, running_)
                     : batch_norm_with(running_, x, *gain_, *b_);
      }
    }
    x = options_.activation == "relu" ? relu(x) : tanh(x);
    constexpr Window kHalf{{2, 2}, {2, 2}, {0, 0}};
    if (options_.pool == "max") return max_pool2d(x, kHalf);
    if (options_.pool == "average") return average_pool2d(x, kHalf);
    return x;
  }

  bool has_running_means() const { return options_.normalisation == "batch"; }
  ChannelStatistics& running() { return running_; }
  const ChannelStatistics& running() const { return running_; }

 private:
  bool layer() const { return options_.normalisation == "layer"; }

  Options options_;
  Parameter *W_, *b_, *gain_ = nullptr;
  ChannelStatistics running_;
};

class Cnn final : public Encoder {
 public:
  using Options = ::Options;

  static void describe(Schema<Options>& schema) {
    using O = Options;
    schema.summary("Convolutional network from a picture to a state");
    schema.option("channels", &O::channels, "filters of each block");
    schema.option("kernel", &O::kernel, "rows and columns of a filter, odd").range(1, 31);
    schema.option("pool", &O::pool, "halves rows and columns after every block")
        .choices({"max", "average", "none"});
    schema
        .option("normalisation", &O::normalisation,
                "of every block before the nonlinearity: by batch and channel, or by picture")
        .choices({"none", "batch", "layer"});
    schema.option("activation", &O::activation, "nonlinearity of blocks and hidden layers")
        .choices({"relu", "tanh"});
    schema
        .option("read_out", &O::read_out,
                "pixels: all that the last block gives; mean: of each channel alone")
        .choices({"pixels", "mean"});
    schema.option("hidden", &O::hidden, "widths of the layers after the blocks; may be empty");
    schema.option("dropout", &O::dropout, "after the blocks and after every hidden layer")
        .range(0, 0.95);
    schema
        .option("shift", &O::shift,
                "pixels by which a picture is moved at most, at random and anew each time, while "
                "it trains; edges are repeated")
        .range(0, 64);
    schema.option("flip", &O::flip,
                  "mirrors a picture, left to right, half of the times at random while it trains");
  }

  Cnn(const Options& options, const EncoderSizes& sizes, const Parameters& parameters)
      : options_(options) {
    if (sizes.input.size() != 3)
      fail(Failure::usage,
           "encoder cnn reads pictures [colours, rows, columns], and these features are {}; use "
           "mlp, or as: image in the data",
           Shape(sizes.input).text());
    if (options.kernel % 2 == 0)
      fail(Failure::usage, "encoder cnn: kernel must be odd, not {}", options.kernel);
    Shape image(sizes.input);
    for (const std::int64_t channels : options.channels) {
      const std::string name = "block" + std::to_string(blocks_.size());
      if (channels < 1) fail(Failure::usage, "encoder cnn: a block of {} channels", channels);
      blocks_.emplace_back(options, image, channels, parameters.scope(name));
      const std::int64_t halves = options.pool == "none" ? 1 : 2;
      image = {channels, image.dim(1) / halves, image.dim(2) / halves};
      if (image.size() == 0)
        fail(Failure::usage,
             "encoder cnn: pictures of {} x {} cannot be halved {} times; use fewer channels, or "
             "pool: none",
             sizes.input[1], sizes.input[2], blocks_.size());
    }
    const std::int64_t width = options.read_out == "mean" ? image.dim(0) : image.size();
    layers_.emplace(DenseLayers::Options{options.hidden, options.activation, options.dropout},
                    width, sizes.output, parameters);
  }

  Var encode(Var features, RandomStream* dropout) override {
    Var x = features;
    if (dropout != nullptr && (options_.shift > 0 || options_.flip)) x = varied(x, *dropout);
    for (Block& block : blocks_) x = block(x, dropout != nullptr);
    const std::int64_t N = x.dim(0);
    x = options_.read_out == "mean" ? mean_over_pixels(x) : reshape(x, {N, x.value().size() / N});
    if (dropout != nullptr && options_.dropout > 0)
      x = unroll::dropout(x, options_.dropout, *dropout);
    return (*layers_)(x, dropout);
  }

  Archive save() const override {
    Archive state;
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      if (!blocks_[i].has_running_means()) continue;
      const std::string name = "block" + std::to_string(i);
      state.put(name + "/mean", as_array(blocks_[i].running().mean));
      state.put(name + "/variance", as_array(blocks_[i].running().variance));
    }
    return state;
  }

  void restore(const Archive& state) override {
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      if (!blocks_[i].has_running_means()) continue;
      const std::string name = "block" + std::to_string(i);
      take(state, name + "/mean", blocks_[i].running().mean);
      take(state, name + "/variance", blocks_[i].running().variance);
    }
  }

 private:
  // No gradient goes back to pictures that were varied: they are data.
  Var varied(Var pictures, RandomStream& random) const {
    Tensor result = Tensor::empty(pictures.shape(), pictures.dtype());
    if (result.dtype() == DType::f32)
      vary_each<float>(pictures.value(), options_.shift, options_.flip, random, result);
    else
      vary_each<double>(pictures.value(), options_.shift, options_.flip, random, result);
    return pictures.graph()->constant(result);
  }

  // In double, which holds a float's bits as well.
  static Array as_array(const Tensor& tensor) {
    const Tensor exact = tensor.to(DType::f64);
    const auto values = exact.span<double>();
    return {
        {tensor.size()}, std::vector<double>(values.begin(), values.end()), {{"axes", "output"}}};
  }
  static void take(const Archive& state, const std::string& name, Tensor& tensor) {
    const auto* values = std::get_if<std::vector<double>>(&state.array(name).values);
    if (values == nullptr || std::ssize(*values) != tensor.size())
      fail(Failure::data, "encoder cnn: {} of the run file is not {} numbers", name, tensor.size());
    tensor.copy_from(Tensor::of<double>({tensor.size()}, *values).to(tensor.dtype()));
  }

  Options options_;
  std::vector<Block> blocks_;
  std::optional<DenseLayers> layers_;  // their first width follows from the blocks
};

}  // namespace

UNROLL_PLUGIN(encoder, "cnn", "1.0.0", Cnn)

// Inside PlainHdf5: the bytes of a file, of which no field is believed before it is checked.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace unroll::detail {

/// Stands for an address that leads nowhere.
inline constexpr std::uint64_t kNowhere = ~std::uint64_t{0};

/// The bytes behind the user block, at which addresses count from zero.
class Image {
 public:
  /// The bytes must outlive it; `name` is used in messages.
  Image(std::string_view bytes, std::string name)
      : bytes_(bytes), left_(bytes.size()), name_(std::move(name)) {}

  /// Throws Error(data): "run.h5: is damaged (a group makes no sense); restore it from a copy".
  [[noreturn]] void damaged(std::string_view what) const;

  /// Bytes that are part of the file.
  std::string_view at(std::uint64_t address, std::uint64_t size, std::string_view what) const;
  /// The same for a structure that is looked at once. In a whole file they do not overlap: when
  /// they come to more than the file, some is reached twice. So none can be walked for ever.
  std::string_view take(std::uint64_t address, std::uint64_t size, std::string_view what);

  /// Where in the file these bytes of it lie.
  std::uint64_t address_of(std::string_view part) const {
    return static_cast<std::uint64_t>(part.data() - bytes_.data());
  }
  std::uint64_t size() const noexcept { return bytes_.size(); }
  const std::string& name() const noexcept { return name_; }

 private:
  std::string_view bytes_;
  std::uint64_t left_;
  std::string name_;
};

/// The fields of a structure, one after another.
class Fields {
 public:
  Fields(std::string_view bytes, const Image& image, std::string_view what)
      : bytes_(bytes), image_(&image), what_(what) {}

  /// A little-endian number of 1 to 8 bytes.
  std::uint64_t number(std::size_t width);
  std::string_view text(std::uint64_t size);
  void skip(std::uint64_t size) { text(size); }
  /// What must stand here.
  void expect(std::string_view text);
  void expect(std::size_t width, std::uint64_t value);
  [[noreturn]] void damaged() const { image_->damaged(what_); }
  std::uint64_t left() const noexcept { return bytes_.size(); }

 private:
  std::string_view bytes_;
  const Image* image_;
  std::string_view what_;
};

}  // namespace unroll::detail

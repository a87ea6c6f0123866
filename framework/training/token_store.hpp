// TokenStore: the ids of long texts, one after another, wherever they lie: in memory or in a file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <unroll/model/vocabulary.hpp>

namespace unroll {

using TokenText = std::vector<TokenId>;

/// Bytes that an id of a vocabulary of this size takes: 1, 2 or 4.
int width_of_ids(std::int64_t vocabulary) noexcept;

/// A view of ids of 1, 2 or 4 bytes each.
class TokenSpan {
 public:
  TokenSpan() = default;
  TokenSpan(const TokenText& text)  // NOLINT(google-explicit-constructor): as std::span does
      : TokenSpan(text.data(), sizeof(TokenId), std::ssize(text)) {}
  /// Aligned to their width.
  TokenSpan(const void* ids, int width, std::int64_t size)
      : ids_(static_cast<const std::byte*>(ids)), width_(width), size_(size) {}

  std::int64_t size() const noexcept { return size_; }
  const void* data() const noexcept { return ids_; }
  int width() const noexcept { return width_; }
  TokenSpan part(std::int64_t from, std::int64_t count) const {
    return {ids_ + from * width_, width_, count};
  }
  /// Calls f with the std::span<const T> that it is.
  template <typename Function>
  auto visit(Function&& f) const {
    if (width_ == 1) return f(as<std::uint8_t>());
    if (width_ == 2) return f(as<std::uint16_t>());
    return f(as<TokenId>());
  }
  TokenId operator[](std::int64_t index) const {
    return visit(
        [&](auto ids) { return static_cast<TokenId>(ids[static_cast<std::size_t>(index)]); });
  }
  TokenText ids() const {
    return visit([](auto ids) { return TokenText(ids.begin(), ids.end()); });
  }

 private:
  template <typename T>
  std::span<const T> as() const {
    return {reinterpret_cast<const T*>(ids_), static_cast<std::size_t>(size_)};
  }
  const std::byte* ids_ = nullptr;
  int width_ = sizeof(TokenId);
  std::int64_t size_ = 0;
};

/// Copies share the ids, which never change.
class TokenStore {
 public:
  TokenStore() = default;
  /// `holder` keeps the ids; the texts end at these places, the last at the ids' end.
  TokenStore(std::shared_ptr<const void> holder, TokenSpan ids, std::vector<std::int64_t> ends)
      : holder_(std::move(holder)), ids_(ids), ends_(std::move(ends)) {}
  /// A copy of texts.
  static TokenStore of(const std::vector<TokenText>& texts);

  /// All texts as one.
  const TokenSpan& ids() const noexcept { return ids_; }
  std::size_t texts() const noexcept { return ends_.size(); }
  TokenSpan text(std::size_t index) const {
    const std::int64_t begin = index == 0 ? 0 : ends_[index - 1];
    return ids_.part(begin, ends_[index] - begin);
  }

 private:
  std::shared_ptr<const void> holder_;
  TokenSpan ids_;
  std::vector<std::int64_t> ends_;
};

}  // namespace unroll

#include <unroll/results/plain_texts.hpp>

#include <algorithm>

namespace unroll::detail {
namespace {

constexpr std::string_view kWhat = "a heap of texts";

}  // namespace

PlainTexts::Collection& PlainTexts::collection(std::uint64_t address) {
  const auto [at, added] = collections_.try_emplace(address);
  if (!added) return at->second;
  constexpr std::uint64_t kHead = 16;  // of a collection as of an object
  Fields head(image_.at(address, kHead, kWhat), image_, kWhat);
  head.expect(std::string_view("GCOL\1\0\0\0", 8));
  const std::uint64_t size = head.number(8);
  Fields objects(image_.take(address, size, kWhat), image_, kWhat);
  objects.skip(kHead);
  while (objects.left() >= kHead) {
    const std::uint64_t index = objects.number(2);
    objects.skip(2 + 4);
    const std::uint64_t bytes = objects.number(8);
    if (index == 0) {
      if (bytes != objects.left() + kHead) objects.damaged();
      break;
    }
    at->second[index].data = objects.text(bytes);
    objects.skip(std::min((8 - bytes % 8) % 8, objects.left()));
  }
  return at->second;
}

std::string PlainTexts::read(std::string_view reference) {
  Fields fields(reference, image_, kWhat);
  const std::uint64_t length = fields.number(4), address = fields.number(8);
  const std::uint64_t index = fields.number(4);
  if (length == 0) return {};
  Collection& texts = collection(address);
  const auto found = texts.find(index);
  if (found == texts.end() || length > found->second.data.size()) fields.damaged();
  Object& object = found->second;
  const std::uint64_t place = image_.address_of(reference);
  if (object.reference != kNowhere && object.reference != place) fields.damaged();
  object.reference = place;
  const std::string_view text = object.data.substr(0, length);
  return std::string(text.substr(0, text.find('\0')));
}

}  // namespace unroll::detail

#include <unroll/model/byte_pairs.hpp>

#include <algorithm>
#include <optional>

#include <unroll/core/unicode.hpp>

namespace unroll {
namespace {

enum class Class { letters, digits, breaks, spaces, marks };

Class class_of(char32_t point) {
  switch (kind_of(point)) {
    case CharacterKind::letter:
    case CharacterKind::ideograph:
    case CharacterKind::unspaced:
    case CharacterKind::mark:
      return Class::letters;
    case CharacterKind::digit:
      return Class::digits;
    case CharacterKind::line_break:
      return Class::breaks;
    case CharacterKind::space:
      return Class::spaces;
    default:
      return Class::marks;
  }
}

}  // namespace

void detail::chunks(std::string_view text, void (*take)(void*, std::string_view), void* context) {
  std::size_t begin = 0, at = 0, last = 0;  // the chunk's, the next character's, the last one's
  std::optional<Class> run;
  while (at < text.size()) {
    const std::size_t here = at;
    const Class now = class_of(next_code_point(text, at));
    if (run && now != *run) {
      // The last of some spaces goes with what follows.
      const bool joins = *run == Class::spaces && now != Class::breaks && text[last] == ' ';
      const std::size_t end = joins ? last : here;
      if (end > begin) take(context, text.substr(begin, end - begin));
      begin = end;
    }
    run = now;
    last = here;
  }
  if (begin < text.size()) take(context, text.substr(begin));
}

void BytePairs::read(std::string_view text) {
  for_each_chunk(text, [&](std::string_view chunk) { read_chunk(chunk, 1); });
}

void BytePairs::read_chunk(std::string_view chunk, std::int64_t times) {
  if (const auto found = chunks_.find(chunk); found != chunks_.end())
    found->second += times;
  else
    chunks_.emplace(chunk, times);
}

void BytePairs::begin() {
  count_characters();
  for (const auto& [chunk, count] : chunks_) {
    Word word{{}, count};
    for (std::size_t from = 0, to = 0; from < chunk.size(); from = to) {
      next_code_point(chunk, to);
      const auto found = ids_.find(std::string(chunk.substr(from, to - from)));
      word.pieces.push_back(found == ids_.end() ? -1 : found->second);
    }
    words_.push_back(std::move(word));
  }
  for (std::size_t w = 0; w < words_.size(); ++w)
    for (std::size_t i = 0; i + 1 < words_[w].pieces.size(); ++i)
      add({words_[w].pieces[i], words_[w].pieces[i + 1]}, words_[w].count, w);
}

void BytePairs::make(std::int64_t count) {
  while (std::ssize(pieces_) < characters_ + count && !ranked_.empty()) {
    const Ranked best = *ranked_.begin();
    merge(best.pair, find_or_make(best.text, best.length));
  }
}

bool BytePairs::Ranked::operator<(const Ranked& other) const {
  if (count != other.count) return count > other.count;
  if (length != other.length) return length < other.length;
  return text != other.text ? text < other.text : pair < other.pair;
}

void BytePairs::count_characters() {
  std::map<std::string, std::int64_t> counts;
  std::int64_t total = 0;
  for (const auto& [chunk, count] : chunks_)
    for (std::size_t from = 0, to = 0; from < chunk.size(); from = to) {
      next_code_point(chunk, to);
      counts[std::string(chunk.substr(from, to - from))] += count;
      total += count;
    }
  std::vector<std::pair<std::string, std::int64_t>> ranked(counts.begin(), counts.end());
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<std::string> kept;
  std::int64_t covered = 0;
  for (const auto& [character, count] : ranked) {
    if (static_cast<double>(covered) >= coverage_ * static_cast<double>(total)) break;
    covered += count;
    kept.push_back(character);
  }
  std::sort(kept.begin(), kept.end());
  for (const std::string& character : kept) find_or_make(character, 1);
  characters_ = std::ssize(pieces_);
}

int BytePairs::find_or_make(const std::string& text, std::int64_t length) {
  const auto [place, made] = ids_.emplace(text, static_cast<int>(pieces_.size()));
  if (made) {
    pieces_.push_back(text);
    lengths_.push_back(length);
  }
  return place->second;
}

std::int64_t BytePairs::length(Pair pair) const {
  return lengths_[static_cast<std::size_t>(pair.first)] +
         lengths_[static_cast<std::size_t>(pair.second)];
}

BytePairs::Ranked BytePairs::rank(Pair pair, std::int64_t count) const {
  return {count, length(pair),
          pieces_[static_cast<std::size_t>(pair.first)] +
              pieces_[static_cast<std::size_t>(pair.second)],
          pair};
}

void BytePairs::add(Pair pair, std::int64_t times, std::size_t word) {
  if (pair.first < 0 || pair.second < 0 || length(pair) > longest_) return;
  Neighbours& neighbours = pairs_[pair];
  if (neighbours.count > 0) ranked_.erase(rank(pair, neighbours.count));
  neighbours.count += times;
  if (neighbours.count > 0) ranked_.insert(rank(pair, neighbours.count));
  if (times > 0) neighbours.words.insert(word);
}

void BytePairs::merge(Pair pair, int into) {
  const std::set<std::size_t> where = std::move(pairs_[pair].words);
  for (const std::size_t w : where) {
    Word& word = words_[w];
    std::vector<int> joined;
    for (std::size_t i = 0; i < word.pieces.size(); ++i) {
      const bool here = i + 1 < word.pieces.size() && word.pieces[i] == pair.first &&
                        word.pieces[i + 1] == pair.second;
      joined.push_back(here ? into : word.pieces[i]);
      if (here) ++i;
    }
    if (joined.size() == word.pieces.size()) continue;
    for (std::size_t i = 0; i + 1 < word.pieces.size(); ++i)
      add({word.pieces[i], word.pieces[i + 1]}, -word.count, w);
    word.pieces = std::move(joined);
    for (std::size_t i = 0; i + 1 < word.pieces.size(); ++i)
      add({word.pieces[i], word.pieces[i + 1]}, word.count, w);
  }
}

}  // namespace unroll

// Text features: what can be said of each token of a text without any model, such as whether it is
// inside quotation marks. The microscope looks for units that follow one of them.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace unroll {

/// What `text_features` says of every token, in its order: "inside quotation marks", …
const std::vector<std::string>& text_feature_names();

/// pieces: the text, cut into its tokens. [tokens, features], row by row: 1 or 0, or a count. Each
/// value is known once the token has been read, from it and those before it, but for single
/// quotation marks, of which the next character tells whether they are apostrophes.
std::vector<float> text_features(std::span<const std::string> pieces);

}  // namespace unroll

// PNG and JPEG files, and the dataset of captioned pictures over them.
#include <gmock/gmock.h>

#include <unroll/config/yaml.hpp>
#include <unroll/core/files.hpp>
#include <unroll/model/picture_file.hpp>

#include "cells_support.hpp"
#include "core/error_of.hpp"
#include "pictures.hpp"
#include "results/scratch.hpp"

namespace unroll::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Pictures : public testing::Test {
 protected:
  void write(const std::string& name, const std::string& content) const {
    std::ofstream(folder / name, std::ios::binary) << content;
  }
  std::string refusal(const std::string& name) const {
    return error_of([&] { read_picture(folder / name); });
  }
  /// The dataset over this folder; `options` is YAML without the braces.
  Splits load(const std::string& options) const {
    Problems problems;
    const Node node = load_yaml_text("{validation: 0, " + options + "}", "data", problems);
    problems.throw_if_any();
    return registry().make_dataset({"captioned_images", node, {}})->load();
  }
  std::string in_folder(const std::string& name) const { return (folder / name).string(); }
  static std::vector<std::string> texts_of(const Splits& splits) {
    std::vector<std::string> texts;
    for (const Example& example : splits.train) texts.push_back(example.text);
    return texts;
  }

  Scratch folder;
};

TEST_F(Pictures, PngIsReadExactly) {
  const Pixels colours = some_pixels(3, 5, 3), greys = some_pixels(4, 2, 1);
  write_png(folder / "colour.png", 3, 5, colours, PNG_FORMAT_RGB);
  write_png(folder / "grey.png", 4, 2, greys, PNG_FORMAT_GRAY);
  const Picture colour = read_picture(folder / "colour.png");
  EXPECT_THAT(colour.shape, ElementsAre(3, 3, 5));
  for (std::size_t c = 0; c < 3; ++c)
    for (std::size_t i = 0; i < 15; ++i)
      EXPECT_EQ(static_cast<unsigned char>(colour.bytes[c * 15 + i]), colours[i * 3 + c]);
  const Picture grey = read_picture(folder / "grey.png");
  EXPECT_THAT(grey.shape, ElementsAre(1, 4, 2));
  EXPECT_EQ(grey.bytes, std::string(greys.begin(), greys.end()));
}

TEST_F(Pictures, JpegIsReadToItsPrecision) {
  Pixels smooth;
  for (int i = 0; i < 16 * 24; ++i)
    for (const int colour : {i % 24 * 10, 255 - i / 24 * 8, 100})
      smooth.push_back(static_cast<unsigned char>(colour));
  write_jpeg(folder / "a.jpg", 16, 24, smooth);
  const Picture picture = read_picture(folder / "a.jpg");
  EXPECT_THAT(picture.shape, ElementsAre(3, 16, 24));
  for (std::size_t c = 0; c < 3; ++c)
    for (std::size_t i = 0; i < 16 * 24; ++i)
      EXPECT_NEAR(static_cast<unsigned char>(picture.bytes[c * 16 * 24 + i]), smooth[i * 3 + c], 6);
  write_jpeg(folder / "grey.jpeg", 8, 8, Pixels(64, 120), TJPF_GRAY, TJSAMP_GRAY);
  const Picture grey = read_picture(folder / "grey.jpeg");
  EXPECT_THAT(grey.shape, ElementsAre(1, 8, 8));
  EXPECT_NEAR(static_cast<unsigned char>(grey.bytes[5]), 120, 2);
}

TEST_F(Pictures, WhatIsNotThatIsRefusedWithAWayOut) {
  write_png(folder / "alpha.png", 2, 2, some_pixels(2, 2, 4), PNG_FORMAT_RGBA);
  EXPECT_THAT(refusal("alpha.png"), HasSubstr("alpha.png: has an alpha channel"));
  EXPECT_THAT(refusal("alpha.png"), HasSubstr("-alpha remove"));
  write_png(folder / "deep.png", 2, 2, some_pixels(2, 2, 6), PNG_FORMAT_LINEAR_RGB);
  EXPECT_THAT(refusal("deep.png"), HasSubstr("deep.png: has 16 bits a colour"));
  write_png(folder / "palette.png", 2, 2, {0, 1, 1, 0}, PNG_FORMAT_RGB_COLORMAP,
            {255, 0, 0, 0, 0, 255});
  EXPECT_THAT(refusal("palette.png"), HasSubstr("palette.png: has a palette"));
  write_jpeg(folder / "print.jpg", 8, 8, some_pixels(8, 8, 4), TJPF_CMYK);
  EXPECT_THAT(refusal("print.jpg"), HasSubstr("print.jpg: has the four colours of print"));
  write("text.png", "not a picture");
  EXPECT_THAT(refusal("text.png"), HasSubstr("text.png: is neither PNG nor JPEG"));
  write("empty.png", "");
  EXPECT_THAT(refusal("empty.png"), HasSubstr("is neither PNG nor JPEG, but empty"));
  EXPECT_THAT(refusal("missing.png"), HasSubstr("missing.png"));
}

TEST_F(Pictures, DamagedOnesAreRefusedWhereverTheyAreCut) {
  write_png(folder / "a.png", 16, 16, some_pixels(16, 16, 3), PNG_FORMAT_RGB);
  write_jpeg(folder / "a.jpg", 16, 16, some_pixels(16, 16, 3));
  for (const std::string kind : {"png", "jpg"}) {
    const std::string whole = read_file(folder / ("a." + kind));
    for (std::size_t size = 8; size < whole.size(); size += whole.size() / 29) {
      write("cut." + kind, whole.substr(0, size));
      EXPECT_THAT(refusal("cut." + kind), HasSubstr("cut." + kind + ": a damaged")) << size;
    }
  }
  std::string changed = read_file(folder / "a.png");
  changed[changed.size() / 2] = static_cast<char>(changed[changed.size() / 2] ^ 0x20);
  write("changed.png", changed);
  EXPECT_THAT(refusal("changed.png"), HasSubstr("changed.png: a damaged PNG"));
}

TEST_F(Pictures, OfAFolderGoInTheOrderOfTheirNames) {
  int number = 0;
  for (const char* name : {"p0.png", "p1.PNG", "p2.png"})
    write_png(folder / name, 2, 3, some_pixels(2, 3, 3, number++), PNG_FORMAT_RGB);
  write("captions.tsv", "zero\none\ntwo\n");
  const std::string common =
      ", table: " + in_folder("captions.tsv") + ", text: '1', split: in_order";
  const Splits splits = load("images: " + folder.path().string() + common);
  EXPECT_THAT(splits.fields.features, ElementsAre(3, 2, 3));
  ASSERT_THAT(texts_of(splits), ElementsAre("zero", "one", "two"));
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_FLOAT_EQ(splits.train[i].features[0], static_cast<float>(i) / 255.0F);
  EXPECT_EQ(splits.files.size(), 4U);
  EXPECT_THAT(texts_of(load("images: '" + in_folder("p?.*") + "'" + common)),
              ElementsAre("zero", "one", "two"));
  write("captions.tsv", "zero\none\n");
  EXPECT_THAT(error_of([&] { load("images: " + folder.path().string() + common); }),
              HasSubstr("captions.tsv:2: 2 rows for 3 items, the first without is p2.png"));
}

TEST_F(Pictures, AreNamedByAColumnOfTheTable) {
  for (const char* name : {"b.png", "a.png", "unused.png"})
    write_png(folder / name, 2, 2, some_pixels(2, 2, 3, name[0]), PNG_FORMAT_RGB);
  write("captions.csv", "picture,name\nb.png,second\na.png,first\nb.png,again\n");
  const std::string options = "images: " + folder.path().string() +
                              ", table: " + in_folder("captions.csv") +
                              ", header: true, file: picture, text: name, split: in_order";
  const Splits splits = load(options);
  ASSERT_THAT(texts_of(splits), ElementsAre("second", "first", "again"));
  EXPECT_FLOAT_EQ(splits.train[0].features[0], static_cast<float>('b') / 255.0F);
  EXPECT_FLOAT_EQ(splits.train[1].features[0], static_cast<float>('a') / 255.0F);
  EXPECT_THAT(splits.notices, testing::Contains(HasSubstr("1 pictures of")));

  write("captions.csv", "picture,name\nb.png,second\nc.png,first\n");
  EXPECT_THAT(error_of([&] { load(options); }), HasSubstr("captions.csv:3: "));
  EXPECT_THAT(error_of([&] { load(options); }), HasSubstr("c.png"));
  const Splits rest = load(options + ", on_error: skip");
  EXPECT_THAT(texts_of(rest), ElementsAre("second"));
  EXPECT_THAT(rest.notices, testing::Contains(HasSubstr("skipped 1 examples, the first: ")));
}

TEST_F(Pictures, OfAnotherSizeAreNeverResized) {
  write_png(folder / "a.png", 2, 3, some_pixels(2, 3, 3), PNG_FORMAT_RGB);
  write_png(folder / "b.png", 3, 2, some_pixels(3, 2, 3), PNG_FORMAT_RGB);
  write_png(folder / "c.png", 2, 3, some_pixels(2, 3, 1), PNG_FORMAT_GRAY);
  write_png(folder / "d.png", 2, 3, some_pixels(2, 3, 3), PNG_FORMAT_RGB);
  write("captions.tsv", "a\nb\nc\nd\n");
  const std::string options = "images: " + folder.path().string() +
                              ", table: " + in_folder("captions.tsv") +
                              ", text: '1', split: in_order";
  EXPECT_THAT(error_of([&] { load(options); }),
              HasSubstr("b.png: 3 x 2 pixels of 3 colours, but a.png has 2 x 3 pixels of 3 "
                        "colours; pictures must be of one size, and are not resized here"));
  const Splits rest = load(options + ", on_error: skip");
  EXPECT_THAT(texts_of(rest), ElementsAre("a", "d"));
  EXPECT_THAT(rest.notices, testing::Contains(HasSubstr("skipped 2 examples, the first: ")));
}

}  // namespace
}  // namespace unroll::test

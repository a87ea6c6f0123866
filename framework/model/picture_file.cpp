#include <unroll/model/picture_file.hpp>

#include <png.h>
#include <turbojpeg.h>

#include <algorithm>
#include <memory>

#include <unroll/core/error.hpp>
#include <unroll/core/files.hpp>
#include <unroll/model/text_file.hpp>

namespace unroll {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t kMostPixels = std::int64_t{1} << 26;

void require_size(const fs::path& path, std::int64_t rows, std::int64_t columns) {
  if (rows * columns > kMostPixels)
    fail(Failure::data, "{}: {} x {} pixels are too many to learn from", path.string(), rows,
         columns);
}

// From [rows, columns, colours], as both libraries give it.
Picture by_colour(const std::string& bytes, std::int64_t colours, std::int64_t rows,
                  std::int64_t columns) {
  Picture picture{{colours, rows, columns}, std::string(bytes.size(), '\0')};
  const auto pixels = static_cast<std::size_t>(rows * columns);
  const auto count = static_cast<std::size_t>(colours);
  for (std::size_t i = 0; i < pixels; ++i)
    for (std::size_t c = 0; c < count; ++c) picture.bytes[c * pixels + i] = bytes[i * count + c];
  return picture;
}

Picture read_png(const fs::path& path, const std::string& content) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  const std::unique_ptr<png_image, decltype(&png_image_free)> owner(&image, png_image_free);
  const auto damaged = [&] {
    fail(Failure::data, "{}: a damaged PNG ({})", path.string(), image.message);
  };
  // The library is content with all rows, whatever checksums were to follow.
  if (content.rfind("IEND\xAE\x42\x60\x82") == std::string::npos)
    fail(Failure::data, "{}: a damaged PNG (it is cut short)", path.string());
  if (png_image_begin_read_from_memory(&image, content.data(), content.size()) == 0) damaged();
  if ((image.format & PNG_FORMAT_FLAG_ALPHA) != 0)
    fail(Failure::data,
         "{}: has an alpha channel, and what lies behind is not known; lay it over a colour first, "
         "for example with ImageMagick: mogrify -background white -alpha remove -alpha off {}",
         path.string(), path.filename().string());
  if ((image.format & PNG_FORMAT_FLAG_COLORMAP) != 0)
    fail(Failure::data,
         "{}: has a palette; write its colours out first, for example with ImageMagick: mogrify "
         "-define png:color-type=2 {}",
         path.string(), path.filename().string());
  if ((image.format & PNG_FORMAT_FLAG_LINEAR) != 0)
    fail(Failure::data,
         "{}: has 16 bits a colour, of which 8 can be read; round it first, for example with "
         "ImageMagick: mogrify -depth 8 {}",
         path.string(), path.filename().string());
  require_size(path, image.height, image.width);
  image.format &= PNG_FORMAT_FLAG_COLOR;
  std::string bytes(PNG_IMAGE_SIZE(image), '\0');
  if (png_image_finish_read(&image, nullptr, bytes.data(), 0, nullptr) == 0 ||
      image.warning_or_error != 0)
    damaged();
  return by_colour(bytes, image.format == PNG_FORMAT_GRAY ? 1 : 3, image.height, image.width);
}

Picture read_jpeg(const fs::path& path, const std::string& content) {
  const std::unique_ptr<void, decltype(&tjDestroy)> decoder(tjInitDecompress(), tjDestroy);
  const auto* data = reinterpret_cast<const unsigned char*>(content.data());
  const auto damaged = [&] {
    fail(Failure::data, "{}: a damaged JPEG ({})", path.string(), tjGetErrorStr2(decoder.get()));
  };
  int columns = 0, rows = 0, sampling = 0, space = 0;
  if (tjDecompressHeader3(decoder.get(), data, content.size(), &columns, &rows, &sampling,
                          &space) != 0)
    damaged();
  if (rows < 1 || columns < 1)  // cut before its size
    fail(Failure::data, "{}: a damaged JPEG (it is cut short)", path.string());
  if (space == TJCS_CMYK || space == TJCS_YCCK)
    fail(Failure::data,
         "{}: has the four colours of print; convert it first, for example with ImageMagick: "
         "mogrify -colorspace sRGB {}",
         path.string(), path.filename().string());
  require_size(path, rows, columns);
  const bool grey = space == TJCS_GRAY;
  std::string bytes(
      static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns) * (grey ? 1 : 3), '\0');
  // The slow transform is the exact one, the same on every processor.
  if (tjDecompress2(decoder.get(), data, content.size(),
                    reinterpret_cast<unsigned char*>(bytes.data()), columns, 0, rows,
                    grey ? TJPF_GRAY : TJPF_RGB, TJFLAG_ACCURATEDCT) != 0)
    damaged();
  return by_colour(bytes, grey ? 1 : 3, rows, columns);
}

}  // namespace

Picture read_picture(const fs::path& path) {
  const std::string content = read_file(path);
  if (content.starts_with("\x89PNG\r\n\x1a\n")) return read_png(path, content);
  if (content.starts_with("\xFF\xD8\xFF")) return read_jpeg(path, content);
  fail(Failure::data, "{}: is neither PNG nor JPEG{}", path.string(),
       content.empty() ? ", but empty" : "");
}

bool is_picture_name(const fs::path& path) {
  std::string end = path.extension().string();
  std::ranges::transform(end, end.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return end == ".png" || end == ".jpg" || end == ".jpeg";
}

std::vector<fs::path> find_pictures(const std::string& folder_or_pattern) {
  std::vector<fs::path> found;
  if (fs::is_directory(folder_or_pattern)) {
    for (const auto& entry : fs::directory_iterator(folder_or_pattern))
      if (entry.is_regular_file() && is_picture_name(entry.path())) found.push_back(entry.path());
    std::ranges::sort(found);
    if (found.empty())
      fail(Failure::data, "{}: this folder has no .png, .jpg or .jpeg files", folder_or_pattern);
    return found;
  }
  return find_files(folder_or_pattern);
}

}  // namespace unroll

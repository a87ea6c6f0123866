// The HDF5 door: what goes in comes out, foreign files read, dangerous ones refused.
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <unroll/core/error.hpp>
#include <unroll/results/hdf5.hpp>

#include "paths.hpp"
#include "results/scratch.hpp"

namespace unroll {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

Array floats(std::vector<std::int64_t> shape, std::vector<float> values) {
  return {std::move(shape), std::move(values), {}};
}

TEST(Hdf5, ReadsFixturesOfEveryType) {
  const Archive gru = read_hdf5(test::fixture("cells_gru.h5"));
  const Array& x = gru.array("bidirectional/x");
  EXPECT_THAT(x.shape, ElementsAre(5, 3, 4));
  EXPECT_EQ(as_doubles(x).size(), 60u);

  const Array inputs = read_hdf5(test::fixture("curve_lstm.h5"), "inputs");
  EXPECT_TRUE(std::holds_alternative<std::vector<std::uint8_t>>(inputs.values));
  EXPECT_EQ(as_integers(inputs).size(), as_floats(inputs).size());
  const Array targets = read_hdf5(test::fixture("ops.h5"), "cross_entropy/small/targets");
  EXPECT_TRUE(std::holds_alternative<std::vector<std::int32_t>>(targets.values));

  const Hdf5File file = Hdf5File::open(test::fixture("cells_gru.h5"));
  EXPECT_EQ(file.attributes().text("gate_order"), "z,r,n");
  EXPECT_EQ(file.attributes("bidirectional").integer("T"), 5);
  EXPECT_THAT(file.children(""), testing::Contains("two_layers_bidirectional"));
  EXPECT_TRUE(file.has("bidirectional/final/layer0"));
  EXPECT_FALSE(file.has("bidirectional/nothing"));
}

TEST(Hdf5, RoundTrip) {
  Archive archive;
  archive.put("weights/layer0/U", floats({2, 3}, {1, 2, 3, 4, 5, 6}));
  archive.put("count", std::int64_t{-7});
  archive.put("rate", 0.25);
  archive.put("name", std::string("Große Ähre"));
  archive.put("bytes", Array{{3}, std::vector<std::uint8_t>{0, 1, 255}, {}});
  archive.put("ids", Array{{2}, std::vector<std::int32_t>{-1, 1}, {{"unit", "token"}}});
  archive.put("none", Array{{0, 4}, std::vector<double>{}, {}});
  archive.put("no_texts", Array{{0}, std::vector<std::string>{}, {}});
  archive.put("texts", Array{{3}, std::vector<std::string>{"", "ß", "\\x00"}, {}});
  archive.put("odd",
              Array{{3}, std::vector<std::string>{std::string("a\0b", 3), "\xff", "\\"}, {}});
  Hdf5File made = Hdf5File::create("made.h5", 512);
  made.write_all("", archive);
  made.write("column", floats({3}, {1, 2, 3}), true);
  Archive attributes;
  attributes.put("version", std::int64_t{1});
  made.write_attributes("", attributes);
  const Scratch scratch;
  std::ofstream(scratch / "made.h5", std::ios::binary) << made.bytes();
  const Hdf5File file = Hdf5File::open(scratch / "made.h5");
  Archive read = file.read_all();
  EXPECT_EQ(read.entries().size(), archive.entries().size() + 1);
  for (const auto& [name, array] : archive.entries()) {
    EXPECT_EQ(read.array(name).shape, array.shape) << name;
    EXPECT_EQ(read.array(name).values, array.values) << name;
    EXPECT_EQ(read.array(name).attributes, array.attributes) << name;
  }
  EXPECT_THAT(as_floats(read.array("column")), ElementsAre(1, 2, 3));
  EXPECT_EQ(file.attributes().integer("version"), 1);
  EXPECT_EQ(file.read_all("weights").entries().begin()->first, "layer0/U");
  EXPECT_TRUE(file.read_all("nowhere").entries().empty());
}

TEST(Hdf5, EqualContentGivesEqualBytes) {
  const auto make = [](int noise) {
    std::vector<std::string> stray(static_cast<std::size_t>(noise) * 100, "left in memory");
    Hdf5File file = Hdf5File::create("x", 512);
    file.write("a/b", floats({600}, std::vector<float>(600, 1.5F)), true);
    file.write("t", Array{{2}, std::vector<std::string>{"one", "two"}, {{"note", "text"}}}, true);
    return file.bytes();
  };
  EXPECT_EQ(make(1), make(7));
}

TEST(Hdf5, MessagesNameFileAndPlace) {
  const std::string fixture = test::fixture("ops.h5");
  EXPECT_THAT([] { read_hdf5("missing.h5"); },
              ThrowsMessage<Error>("missing.h5: cannot be read: No such file or directory"));
  EXPECT_THAT([&] { read_hdf5(fixture, "a/b"); },
              ThrowsMessage<Error>(fixture + ": has no '/a/b'"));
  EXPECT_THAT([&] { read_hdf5(fixture, "activations"); },
              ThrowsMessage<Error>(HasSubstr("a group")));
  EXPECT_THAT([] { read_hdf5(test::fixture("README.md")); },
              ThrowsMessage<Error>(HasSubstr("is not a HDF5 file")));
  Hdf5File file = Hdf5File::create("x.h5");
  EXPECT_THAT([&] { file.write("a", floats({2}, {1})); }, ThrowsMessage<Error>(HasSubstr("shape")));
  file.write("a", floats({1}, {1}));
  EXPECT_THAT([&] { file.write("a", floats({1}, {1})); },
              ThrowsMessage<Error>(HasSubstr("x.h5: cannot make '/a': ")));
  EXPECT_THROW(as_doubles({{}, std::vector<std::string>{"one"}, {}}), Error);
}

TEST(Hdf5, RefusesWhatLeadsElsewhere) {
  const Scratch scratch;
  const std::string script = R"(
import h5py, numpy, sys
where = sys.argv[1]
def make(name): return h5py.File(f'{where}/{name}.h5', 'w')
with make('soft') as f: f['a'] = 1.0; f['b'] = h5py.SoftLink('/a')
with make('external') as f: f['b'] = h5py.ExternalLink('/etc/passwd', '/a')
with make('storage') as f: f.create_dataset('b', (4,), 'f4', external=[('/etc/passwd', 0, 16)])
with make('virtual') as f:
    layout = h5py.VirtualLayout((4,), 'f4')
    layout[:] = h5py.VirtualSource('soft.h5', 'a', (4,))
    f.create_virtual_dataset('b', layout)
with make('filter') as f: f.create_dataset('b', data=numpy.zeros(99), chunks=(9,), fletcher32=True)
with make('huge') as f: f.create_dataset('b', (1 << 40,), 'f8', chunks=(1024,))
with make('cycle') as f: b = f.create_group('b'); b['b'] = b
with make('web') as f:
    groups = [f.create_group(f'g{i}') for i in range(30)]
    for group, under in zip(groups, groups[1:]): group['a'] = group['b'] = under
with make('unwritten') as f: f.create_dataset('b', (100000,), 'f8', chunks=(100,))
with make('complex') as f: f['b'] = numpy.zeros(3, 'c8')
with make('fine') as f:
    f.create_dataset('b', data=numpy.arange(99, dtype='>i2'), chunks=(9,), compression='gzip', shuffle=True)
    f['fixed'] = numpy.array([b'ab', b'c'])
    f['half'] = numpy.array([0.5], 'f2')
    f['wide'] = numpy.array([7], 'u8')
    f['none'] = h5py.Empty('f4')
with make('beyond') as f: f['b'] = numpy.array([1 << 63], 'u8')
)";
  std::ofstream(scratch / "make.py") << script;
  if (std::system("/usr/bin/python3 -c 'import h5py' 2> /dev/null") != 0)
    GTEST_SKIP() << "python3 with h5py is not installed";
  const std::string command =
      fmt::format("/usr/bin/python3 {0}/make.py {0}", scratch.path().string());
  ASSERT_EQ(std::system(command.c_str()), 0);
  const auto read = [&](std::string name) {
    return [=, &scratch] { read_hdf5(scratch / (name + ".h5")); };
  };
  EXPECT_THAT(read("soft"), ThrowsMessage<Error>(HasSubstr("'b' is a soft or external link")));
  EXPECT_THAT(read("external"), ThrowsMessage<Error>(HasSubstr("'b' is a soft or external link")));
  EXPECT_THAT(read("storage"), ThrowsMessage<Error>(HasSubstr("keeps its data in other files")));
  EXPECT_THAT(read("virtual"), ThrowsMessage<Error>(HasSubstr("keeps its data in other files")));
  EXPECT_THAT(read("filter"), ThrowsMessage<Error>(HasSubstr("'/b' uses HDF5 filter 3")));
  EXPECT_THAT(read("huge"), ThrowsMessage<Error>(HasSubstr("larger than its file can hold")));
  EXPECT_THAT(read("cycle"), ThrowsMessage<Error>(HasSubstr("nested too deeply")));
  EXPECT_THAT(read("web"), ThrowsMessage<Error>(HasSubstr("more than 100000 objects")));
  EXPECT_THAT(read("unwritten"), ThrowsMessage<Error>(HasSubstr("larger than its file can hold")));
  EXPECT_THAT(read("complex"), ThrowsMessage<Error>(HasSubstr("neither numbers nor text")));
  EXPECT_THAT(read("beyond"), ThrowsMessage<Error>(HasSubstr("9223372036854775808")));
  const Archive fine = read_hdf5(scratch / "fine.h5");
  EXPECT_EQ(as_integers(fine.array("b")).at(98), 98);
  EXPECT_EQ(fine.array("fixed").values, (Array::Values(std::vector<std::string>{"ab", "c"})));
  EXPECT_THAT(as_floats(fine.array("half")), ElementsAre(0.5F));
  EXPECT_THAT(as_integers(fine.array("wide")), ElementsAre(7));
  EXPECT_TRUE(as_floats(fine.array("none")).empty());
}

}  // namespace
}  // namespace unroll

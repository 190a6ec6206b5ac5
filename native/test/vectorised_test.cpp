// Loops that are meant to be vectors are: what the compiler made of each is looked at, for each set of instructions, on whatever
// processor. A change that costs the vectors changes no result, so that no other test sees it; and by the clock they are told only where
// vectors win much, which on some processors they do not.

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <cstdio>
#include <map>
#include <memory>
#include <regex>
#include <string>

#include "core/simd.h"

#if defined(PACNET_HAS_ISAS) && !defined(PACNET_SANITIZE) && defined(NDEBUG)

namespace pacnet {
namespace {

struct Set {
  std::string name;   // as in detail::run_sse2
  std::string width;  // its widest registers
};
const std::array<Set, 3> kSets{{{"sse2", "%xmm"}, {"avx2", "%ymm"}, {"avx512", "%zmm"}}};

// Of each loop: how often its code computes with full registers, by set.
using Counts = std::map<std::string, std::array<int, 3>>;

// Sums in double precision whose order is their result: they must not be vectors.
bool is_in_order(const std::string& loop) {
  return loop.find("::Along") != std::string::npos || loop.find("::AddAlong") != std::string::npos;
}

// Loops that read a bit for each lane shift each lane by another count, which AVX2 brought.
bool needs_avx2(const std::string& loop) {
  return loop.find("::AddPull") != std::string::npos || loop.find("::Compose") != std::string::npos ||
         loop.find("::SubtractColumn") != std::string::npos;
}

// The first of a template's arguments, which begin at `begin`.
std::string first_argument(const std::string& text, std::size_t begin) {
  int depth = 0;
  std::size_t end = begin;
  for (; end < text.size(); ++end) {
    const char c = text[end];
    if (depth == 0 && (c == ',' || c == '>')) {
      break;
    }
    depth += c == '<' ? 1 : c == '>' ? -1 : 0;
  }
  return text.substr(begin, end - begin);
}

// This program's own code, disassembled.
Counts packed_arithmetic() {
  std::array<char, PATH_MAX> self{};
  if (readlink("/proc/self/exe", self.data(), self.size() - 1) < 0) {
    return {};
  }
  const std::string command = std::string("objdump --disassemble --demangle --no-show-raw-insn '") + self.data() + "'";
  const std::unique_ptr<FILE, int (*)(FILE*)> code(popen(command.c_str(), "r"), pclose);
  // Not and, or and xor: those serve single numbers too.
  const std::regex arithmetic("^v?(add|sub|mul|div|sqrt|min|max|cmp[a-z]*|fn?m(add|sub)[0-9]+)p[sd] ");
  Counts counts;
  std::array<int, 3>* loop = nullptr;
  std::size_t set = 0;
  std::array<char, 4096> buffer{};
  std::string line;
  while (code && std::fgets(buffer.data(), buffer.size(), code.get()) != nullptr) {
    line += buffer.data();
    if (line.back() != '\n') {
      continue;  // longer than the buffer
    }
    line.pop_back();
    if (!line.empty() && line.back() == ':') {  // a function begins
      loop = nullptr;
      for (std::size_t i = 0; i < kSets.size(); ++i) {
        const std::string run = "pacnet::detail::run_" + kSets[i].name + "<";
        if (const std::size_t at = line.find(run); at != std::string::npos) {
          loop = &counts[first_argument(line, at + run.size())];
          set = i;
        }
      }
    } else if (const std::size_t tab = line.rfind('\t'); loop != nullptr && tab != std::string::npos) {
      const std::string instruction = line.substr(tab + 1);
      (*loop)[set] += std::regex_search(instruction, arithmetic) && instruction.find(kSets[set].width) != std::string::npos ? 1 : 0;
    }
    line.clear();
  }
  return counts;
}

TEST(Vectorised, EveryLoopForEverySet) {
  const Counts counts = packed_arithmetic();
  ASSERT_GE(counts.size(), 20U) << "Is objdump there? It comes with binutils, as the linker does.";
  for (const auto& [loop, packed] : counts) {
    for (std::size_t set = 0; set < kSets.size(); ++set) {
      if (is_in_order(loop)) {
        EXPECT_EQ(packed[set], 0) << loop << ", " << kSets[set].name;
      } else if (set > 0 || !needs_avx2(loop)) {
        EXPECT_GT(packed[set], 0) << loop << ", " << kSets[set].name;
      }
    }
  }
}

}  // namespace
}  // namespace pacnet

#endif

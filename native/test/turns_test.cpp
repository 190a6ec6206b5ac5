// Never more threads are in than there is room for, and everyone comes in.
#include "core/turns.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace pacnet {
namespace {

TEST(Turns, NoMoreAreInThanThereIsRoomFor) {
  constexpr int kRoom = 5;
  Turns turns(kRoom);
  std::atomic<int> in{0};
  std::atomic<int> most{0};
  std::atomic<int> times{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 16; ++t) {
    threads.emplace_back([&, t] {
      const int wanted = 1 + t % 7;  // some want more than there is: they get it all
      const int taken = std::min(wanted, kRoom);
      for (int i = 0; i < 200; ++i) {
        const Turns::In outer(turns, wanted);
        const int now = in.fetch_add(taken) + taken;
        int seen = most.load();
        while (now > seen && !most.compare_exchange_weak(seen, now)) {
        }
        const Turns::In inner(turns, kRoom);  // does not wait for itself
        std::this_thread::yield();
        ++times;
        in.fetch_sub(taken);
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(times, 16 * 200);
  EXPECT_EQ(in, 0);
  EXPECT_LE(most, kRoom);
  EXPECT_GT(most, 1);
}

}  // namespace
}  // namespace pacnet
